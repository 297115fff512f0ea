import Registers
import World

/// What clients asked for and were told, in the order in which it happened.
package struct Ledger {
    package enum Outcome: Hashable {
        /// Nothing was heard yet.
        case open
        case ok([UInt8])
        /// It surely did not happen, and will not.
        case failed(RegisterError.Code)
        /// Nobody knows.
        case unknown
    }

    package struct Operation {
        package let number: Int
        package let key: RegisterKey
        package let deed: Deed
        /// Moments are counted over the whole run: what has a lower one came before.
        let invoked: Int
        let invokedAt: Instant
        /// `Int.max` while it is open, and for ever if its outcome is unknown: it may yet happen.
        var ended = Int.max
        var endedAt = Instant.distantFuture
        var outcome = Outcome.open
        /// What the clock of the slowest replica of the register showed at the end; nil when nobody has looked.
        var clock: WallTime?
        /// Yes to attempts that were over already, and when it was asked for again much later.
        var echoes: [[UInt8]] = []
        /// Asked for after all trouble was over.
        var isFinal = false

        var isAcknowledged: Bool { if case .ok = outcome { true } else { false } }
        var isFailed: Bool { if case .failed = outcome { true } else { false } }
        var answer: [UInt8]? { if case .ok(let bytes) = outcome { bytes } else { nil } }
    }

    package private(set) var operations: [Operation] = []
    private var moment = 0

    package init() {}

    /// The number of the new operation.
    package mutating func invoke(_ key: RegisterKey, _ deed: Deed, at time: Instant, isFinal: Bool = false) -> Int {
        moment += 1
        var operation = Operation(number: operations.count, key: key, deed: deed, invoked: moment, invokedAt: time)
        operation.isFinal = isFinal
        operations.append(operation)
        return operation.number
    }

    package mutating func end(_ number: Int, _ outcome: Outcome, at time: Instant, clock: WallTime? = nil) {
        moment += 1
        operations[number].outcome = outcome
        operations[number].endedAt = time
        operations[number].clock = clock
        if outcome != .unknown { operations[number].ended = moment }
    }

    /// A change was acknowledged once more, after its end.
    package mutating func echo(_ number: Int, _ answer: [UInt8]) { operations[number].echoes.append(answer) }

    /// The operations of each register, in the order of the keys.
    package var byKey: [(key: RegisterKey, operations: [Operation])] {
        Dictionary(grouping: operations, by: \.key).map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }
}

extension Ledger.Operation {
    /// For people: what was done when, and what came of it.
    var text: String {
        let end = switch outcome {
        case .open: "no answer"
        case .ok: "answered at \(Trace.time(endedAt).trimmed) ms"
        case .failed(let code): "failed (\(code.rawValue)) at \(Trace.time(endedAt).trimmed) ms"
        case .unknown: "unknown at \(Trace.time(endedAt).trimmed) ms"
        }
        return "\(deed.text) of \(key), asked at \(Trace.time(invokedAt).trimmed) ms, \(end)"
    }
}

extension Deed {
    var text: String {
        switch self {
        case .add(let id, _): "add \(id)"
        case .remove(let id): "remove \(id)"
        case .put(let value): "put \(value)"
        case .readSet, .readValue: "read"
        case .finish: "finish"
        }
    }
}

extension String {
    var trimmed: String { String(drop { $0 == " " }) }
}
