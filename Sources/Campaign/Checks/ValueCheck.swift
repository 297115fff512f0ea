import Registers

/// Judges the history of one value register: whether the operations can be put into an order that explains every answer and keeps
/// to real time. Every write has a value of its own, and its answer tells the value it replaced.
package enum ValueCheck {
    package struct Finding {
        package var violations: [Violation] = []
        /// The search took too many steps and was given up.
        package var isUndecided = false
    }

    package static func judge(_ key: RegisterKey, _ operations: [Ledger.Operation]) -> Finding {
        var finding = Finding(violations: TurnCheck.judge(key, operations) + RepeatCheck.judge(operations))
        var puts: [UInt64: Ledger.Operation] = [:]
        for operation in operations { if case .put(let value) = operation.deed { puts[value] = operation } }
        // Until when a value must have been written, because somebody saw it by then.
        var seen: [UInt64: Int] = [:]
        var history: [OrderSearch.Step] = []
        for operation in operations.sorted(by: { $0.ended < $1.ended }) {
            guard let bytes = operation.answer else { continue }
            let shown: UInt64
            switch operation.deed {
            case .readValue:
                guard let reading = ValueReading(bytes) else {
                    finding.violations.append(
                        Violation(.unreadable, "\(operation.text), with \(bytes.count) bytes that are no value"))
                    continue
                }
                if reading.row != reading.value {
                    finding.violations.append(
                        Violation(.mixed, "\(operation.text), shows the state of write \(reading.value) and the row of \(reading.row)"))
                }
                shown = reading.value
                history.append(.init(operation, .read(shown)))
            case .put(let value):
                // The check of turns has said so.
                guard let answer = ChangeAnswer(bytes) else { continue }
                shown = answer.found
                history.append(.init(operation, .write(value, over: shown)))
            case .add, .remove, .readSet, .finish: continue
            }
            guard shown != 0 else { continue }
            if let violation = judge(operation, shows: shown, puts[shown]) { finding.violations.append(violation) }
            seen[shown] = min(seen[shown] ?? .max, operation.ended)
        }
        // A write of which nobody knows, and that nobody saw, explains nothing and forbids nothing.
        for operation in operations {
            guard case .put(let value) = operation.deed, !operation.isAcknowledged, let end = seen[value] else { continue }
            history.append(.init(operation, .write(value, over: nil), endingAt: end))
        }
        guard finding.violations.isEmpty else { return finding }
        switch OrderSearch(history).run() {
        case .found: break
        case .undecided: finding.isUndecided = true
        case .impossible(let step):
            finding.violations.append(Violation(.order, "no order of what was done to \(key) explains: \(step.operation.text)\(step.saw)"))
        }
        return finding
    }

    private static func judge(_ operation: Ledger.Operation, shows value: UInt64, _ put: Ledger.Operation?) -> Violation? {
        guard let put, put.invoked < operation.ended else {
            return Violation(.future, "\(operation.text), shows \(value), which nobody had written")
        }
        return put.isFailed ? Violation(.ghost, "\(operation.text), shows the effect of: \(put.text)") : nil
    }
}
