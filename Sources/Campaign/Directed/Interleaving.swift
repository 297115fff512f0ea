import World

/// A schedule that breaks one promise as surely as a proof, if the product has the fault that it is written for.
///
/// Random seeds find some faults rarely: a lost promise in three runs of a thousand, one of these in none of four thousand. So
/// each mutation has a schedule of its own. It must end in a complaint with the mutation, and in none without.
public struct Interleaving: Sendable, CustomStringConvertible {
    public let mutation: Mutation
    /// Whose promise it breaks; empty where that is the promise that the mutation names.
    public let work: String
    /// What happens, in one sentence.
    public let story: String
    let body: @Sendable (_ mutations: Set<Mutation>) -> String?

    public var description: String { mutation.rawValue + (work.isEmpty ? "" : " (\(work))") }

    init(
        _ mutation: Mutation, of work: String = "", _ story: String, _ body: @escaping @Sendable (_ mutations: Set<Mutation>) -> String?
    ) {
        self.mutation = mutation
        self.work = work
        self.story = story
        self.body = body
    }

    /// Plays it, with its mutation or without. What is wrong with the end; nil when nothing is.
    public func play(mutated: Bool) -> String? { body(mutated ? [mutation] : []) }

    /// At least one for each mutation that a simulation can plant.
    public static let all = ballots + disks + reads + quorums + memory + epochs + letters + decisions + work + items + jobs + keys
}
