import ArgumentParser
import World

/// What the nodes shall break on purpose.
struct MutationOptions: ParsableArguments {
    @Option(
        name: .customLong("mutate"),
        help: ArgumentHelp(
            "Break a promise on purpose, to see that tests notice: \(Mutation.ofNodes.map(\.rawValue).joined(separator: ", "))",
            valueName: "name"))
    var names: [Mutation] = []

    var all: Set<Mutation> { Set(names) }

    /// The same wish, as arguments of another command.
    var arguments: [String] { all.sorted().flatMap { ["--mutate", $0.rawValue] } }

    func validate() throws {
        guard let simulated = names.first(where: \.isOnlySimulated)?.rawValue else { return }
        throw ValidationError(
            "--mutate \(simulated) works only in a simulation; use `gossamer simulate --mutate \(simulated)`, or give "
                + Mutation.ofNodes.map(\.rawValue).joined(separator: ", "))
    }

    func validate(chaos: Bool) throws {
        guard chaos || names.isEmpty else {
            throw ValidationError("--mutate breaks the node on purpose and works only together with --chaos; add --chaos, or leave it out")
        }
    }
}

extension Mutation: ExpressibleByArgument {
    /// What real nodes can be started with.
    static var ofNodes: [Mutation] { allCases.filter { !$0.isOnlySimulated } }
}
