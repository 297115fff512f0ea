import World

/// A schedule that breaks one promise as surely as a proof, if the product has the fault that it is written for.
///
/// Random seeds find some faults rarely: a lost promise in three runs of a thousand, one of these in none of four thousand. So
/// each mutation has a schedule of its own. It must end in a complaint with the mutation, and in none without.
public struct Interleaving: Sendable, CustomStringConvertible {
    public let mutation: Mutation
    /// What happens, in one sentence.
    public let story: String
    let body: @Sendable (_ mutations: Set<Mutation>) -> String?

    public var description: String { mutation.rawValue }

    init(_ mutation: Mutation, _ story: String, _ body: @escaping @Sendable (_ mutations: Set<Mutation>) -> String?) {
        self.mutation = mutation
        self.story = story
        self.body = body
    }

    /// Plays it, with its mutation or without. What is wrong with the end; nil when nothing is.
    public func play(mutated: Bool) -> String? { body(mutated ? [mutation] : []) }

    /// One for each mutation that a simulation can plant.
    public static let all = ballots + disks + reads + quorums + memory + epochs + letters + decisions + work
}
