import Testing

extension Trait where Self == TimeLimitTrait {
    /// For suites whose tests run one after the other, as those do that share something real: one that waits for ever would keep
    /// the rest from running. A bound against hanging, not a claim about speed.
    public static var bounded: Self { .timeLimit(.minutes(10)) }
}
