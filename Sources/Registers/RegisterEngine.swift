import World

/// What stands behind registers, for whoever uses them: changes and reads by key, with an answer by a deadline.
///
/// The replicated engine of this project is one; an engine over somebody's distributed database could be another. All pass one
/// suite of tests, `RegisterEngineConformance`. What an engine promises:
///  * A change that was answered with success is part of every read that begins later, whoever dies.
///  * A change is carried out at most once for each operation id, and its answer is always the first one's. One without an id may be
///    carried out twice, by the engine itself; that is for machines that know their commands again.
///  * An error whose outcome is `failed` means that the change has not happened and never will by this attempt.
///  * A refusal comes by the deadline.
public protocol RegisterEngine: Sendable {
    /// Carries out a command on a register.
    /// - Parameters:
    ///   - operation: names what is wished. After an `unknown` outcome the same wish may be tried again under the same id. Nil when the
    ///     register's machine makes sure that a command counts once.
    ///   - patience: how long an answer may take.
    nonisolated(nonsending) func change(
        _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8]

    /// Answers a query from everything that was acknowledged before now.
    nonisolated(nonsending) func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8]

    /// Answers a query from what one replica has, without asking the others: never from what may not be chosen, but maybe from less than
    /// was acknowledged before now. A replica that is out of reach of the others answers too.
    /// - Parameters:
    ///   - seen: a version that the caller knows. Then the answer waits for a later one, or for the end of the work; when patience ends it
    ///     comes in any case, and may be of that version or an earlier one.
    nonisolated(nonsending) func glance(
        _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
    ) async throws(RegisterError) -> RegisterGlance
}
