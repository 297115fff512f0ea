import Choreography
import World

/// Orders parts from workers, adds up what they answer, and ends when it has as many answers as parts. It relies on it that one answer to
/// a part counts, and asks nothing itself. One for each piece of work.
package enum Gather: DurableActor {
    package struct State: Codable, Hashable, Sendable {
        /// Parts that were ordered; 0 before any were.
        package var wanted = 0
        package var answers = 0
        package var sum: UInt64 = 0
        /// Parts that were given up.
        package var failed: [String] = []
    }

    package static let kind = "gather"
    package static var blank: State { State() }
    /// What its workers do.
    package static let work = WorkKind("weigh", isRationed: true, shortestSilence: .seconds(2), hasBackups: true)

    package static var rules: [Rule<Gather>] {
        [
            .on(Collect.self, .note, from: [.outside], orders: [work.name]) { collect, state, next in
                guard state.wanted == 0 else { return }
                state.wanted = collect.parts
                for part in 0..<collect.parts { try next.order(work.name, part: "\(part)", [], expected: .milliseconds(20)) }
            },
            .on(WorkAnswer.self, .note, from: [.worker]) { answer, state, next in
                state.answers += 1
                switch answer.result {
                case .done(let bytes): state.sum += bytes.firstWord ?? 0
                case .stored, .failed: state.failed.append(answer.part)
                }
                if state.answers == state.wanted { try next.finish() }
            },
        ]
    }

    /// What a worker finds when it weighs a part.
    package static func weight(_ part: String) -> UInt64 { StableHash.mix(UInt64(part) ?? 0) % 1_000 }
}

/// Somebody wants parts weighed.
package struct Collect: DurableEvent, Hashable {
    package static let name = "collect"
    /// At least 1.
    package let parts: Int

    package init(parts: Int) { self.parts = parts }
}
