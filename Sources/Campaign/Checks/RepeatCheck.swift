import Registers

/// An operation that is asked for again, under its id, is answered as it was the first time: its answer is kept with it.
enum RepeatCheck {
    static func judge(_ operations: [Ledger.Operation]) -> [Violation] {
        operations.compactMap { change in
            guard let echo = change.echoes.first else { return nil }
            if change.isFailed { return Violation(.ghost, "\(change.text), and acknowledged all the same, with \(text(echo))") }
            guard let other = change.echoes.first(where: { $0 != change.answer ?? echo }) else { return nil }
            let first = text(change.answer ?? echo)
            return Violation(.twice, "\(change.text), was answered with \(first), and again with \(text(other))")
        }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        guard let answer = ChangeAnswer(bytes) else { return "\(bytes.count) bytes" }
        return "turn \(answer.turn) and \(answer.found) found"
    }
}
