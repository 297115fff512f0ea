import World

// CHECKING A CHOREOGRAPHY BEFORE IT RUNS
//
// Nobody conducts: each actor knows what it reacts to and what it then sends. What they do together is written down nowhere else than in
// their rules, so it is read from there, as a graph whose nodes are the rules and whose edges are the events, and looked at as a whole:
//
//  * an event that is sent and has no rule at its receiver would be a dead letter each time,
//  * a rule that nothing leads to is forgotten work,
//  * a circle of events that no rule limits might go round for ever,
//  * a step with an effect needs a way back as long as the work may still fail, which it may up to its pivot; and a way back that is the
//    rule of another actor, or of nobody, is none.

/// A kind of work: the durable actors that carry it out together.
public struct Choreography: Sendable {
    public let name: String
    /// All steps, sorted by kind and event.
    public let steps: [Step]

    /// - Throws: ``ChoreographyError`` with all that is wrong.
    public init(_ name: String, _ actors: [any DurableActor.Type]) throws(ChoreographyError) {
        try self.init(name, steps: actors.flatMap { $0.steps })
    }

    package init(_ name: String, steps: [Step]) throws(ChoreographyError) {
        self.name = name
        self.steps = steps.sorted { ($0.kind, $0.event) < ($1.kind, $1.event) }
        let findings = StepGraph(self.steps).findings
        guard findings.isEmpty else { throw ChoreographyError(name, findings) }
    }
}

extension DurableActor {
    static var steps: [Step] { rules.map(\.step) }
}

/// Why a choreography cannot be carried out.
public struct ChoreographyError: Error, Hashable, Sendable, CustomStringConvertible {
    public let name: String
    /// One sentence each, sorted.
    public let findings: [String]

    init(_ name: String, _ findings: [String]) {
        self.name = name
        self.findings = findings.sorted()
    }

    public var description: String { "choreography \(name): " + findings.joined(separator: "; ") }
}
