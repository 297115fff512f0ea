import Registers

/// Every acknowledged change says which one of its register it was. No two are the same one, and what was asked for later comes
/// later.
enum TurnCheck {
    private typealias Turn = (number: UInt64, change: Ledger.Operation)

    static func judge(_ key: RegisterKey, _ operations: [Ledger.Operation]) -> [Violation] {
        var turns: [Turn] = [], unreadable: [Violation] = []
        for change in operations where !change.deed.isRead {
            guard let bytes = change.answer else { continue }
            guard let answer = ChangeAnswer(bytes) else {
                let sentence = "\(change.text), with \(bytes.count) bytes that are no answer to a change"
                unreadable.append(Violation(.unreadable, sentence))
                continue
            }
            if change.deed != .finish { turns.append((answer.turn, change)) }
        }
        return unreadable + doubled(turns, key) + disordered(turns)
    }

    private static func doubled(_ turns: [Turn], _ key: RegisterKey) -> [Violation] {
        let sorted = turns.sorted { ($0.number, $0.change.number) < ($1.number, $1.change.number) }
        return zip(sorted, sorted.dropFirst()).compactMap { a, b in
            guard a.number == b.number else { return nil }
            return Violation(.fork, "two changes were number \(a.number) of \(key): \(a.change.text); \(b.change.text)")
        }
    }

    private static func disordered(_ turns: [Turn]) -> [Violation] {
        let byEnd = turns.sorted { $0.change.ended < $1.change.ended }
        var found: [Violation] = [], next = 0
        // The highest number that was acknowledged before the change at hand began.
        var highest: Turn?
        for turn in turns.sorted(by: { $0.change.invoked < $1.change.invoked }) {
            while next < byEnd.count, byEnd[next].change.ended < turn.change.invoked {
                if highest.map({ $0.number < byEnd[next].number }) ?? true { highest = byEnd[next] }
                next += 1
            }
            guard let highest, highest.number > turn.number else { continue }
            found.append(
                Violation(.fork, "\(turn.change.text), was number \(turn.number), after number \(highest.number): \(highest.change.text)"))
        }
        return found
    }
}
