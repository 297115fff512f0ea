/// A fault that is built into the product on purpose, and asleep.
///
/// A harness that finds nothing proves nothing unless it is known to find what is there. So each promise of the product that a
/// test claims to watch has a mutation that breaks it, and a run with that mutation must fail. They are values of ``World``:
/// code asks `world.isMutated(.noResend)` at the place where the promise is kept. A real node has some only when it
/// was started with `--chaos --mutate NAME`, and then every member list shows it, as the label ``label``.
public enum Mutation: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Homes never send an order a second time, whatever becomes of its worker. Breaks: a job ends although a worker that had
    /// some of it has died.
    case noResend = "no-resend"

    /// The key of the label by which a mutated node's members show what it lacks.
    public static let label = "mutation"

    /// The value of ``label``: the names, joined by `+`. Nil for none.
    public static func text(_ mutations: Set<Mutation>) -> String? {
        mutations.isEmpty ? nil : mutations.sorted().map(\.rawValue).joined(separator: "+")
    }

    public static func < (a: Mutation, b: Mutation) -> Bool { a.rawValue < b.rawValue }
}
