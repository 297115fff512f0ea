import JSONDocument

/// What a run shows.
package struct Verdict: Hashable, Sendable {
    package enum Answer: String, Hashable, Sendable {
        /// Every invariant holds, and the faults were felt.
        case holds = "true"
        /// An invariant is broken.
        case broken = "false"
        /// Nothing is broken, but nothing is proved.
        case unknown = "unknown"
    }

    /// One thing that was looked at.
    package struct Finding: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable {
            case invariant
            case bite
            /// Whether the run went as its file says.
            case run
        }

        package let kind: Kind
        /// The words of the scenario.
        package let about: String
        package let answer: Answer
        /// Why: the job, the node, the number.
        package let reason: String

        package init(_ kind: Kind, _ about: String, _ answer: Answer, _ reason: String) {
            self.kind = kind
            self.about = about
            self.answer = answer
            self.reason = reason
        }
    }

    package let findings: [Finding]

    package init(_ findings: [Finding]) { self.findings = findings }

    /// The same, and something about its files that keeps it from proving anything.
    func adding(_ problem: String) -> Verdict { Verdict(findings + [Finding(.run, "files", .unknown, problem)]) }

    /// A broken invariant outweighs all else: that a fault was not felt does not make it whole. What no scenario need say, that nodes
    /// to which nothing is done live, can be broken like an invariant; the rest can only keep a run from proving anything.
    package var answer: Answer {
        if findings.contains(where: { $0.answer == .broken }) { return .broken }
        return findings.allSatisfy { $0.answer == .holds } ? .holds : .unknown
    }

    package var json: JSON {
        [
            "verdict": .string(answer.rawValue),
            "findings": .array(findings.map {
                [
                    "kind": .string($0.kind.rawValue), "about": .string($0.about), "answer": .string($0.answer.rawValue),
                    "reason": .string($0.reason),
                ]
            }),
        ]
    }

    /// One line a finding, those that decide first.
    package var lines: [String] {
        let order: [Answer] = [.broken, .unknown, .holds]
        return order.flatMap { answer in findings.filter { $0.answer == answer } }.map { finding in
            let mark = switch finding.answer {
            case .holds: "ok     "
            case .broken: "BROKEN "
            case .unknown: "unknown"
            }
            return "  \(mark)  \(finding.about): \(finding.reason)"
        }
    }
}
