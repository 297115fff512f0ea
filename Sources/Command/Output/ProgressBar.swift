import World

/// One line that shows how far a piece of work is. A pure value: whoever draws it owns the clock and the terminal.
package struct ProgressBar: Sendable {
    package var done: Int
    package var total: Int
    package var elapsed: Duration
    /// What is counted, in the plural: `chunks`.
    package var unit: String

    package init(done: Int, total: Int, elapsed: Duration, unit: String) {
        self.done = max(0, min(done, total))
        self.total = max(0, total)
        self.elapsed = elapsed
        self.unit = unit
    }

    /// 0 ... 1; 0 while the total is unknown.
    package var fraction: Double { total == 0 ? 0 : Double(done) / Double(total) }

    /// What remains if it goes on as it went. `nil` before there is something to judge by, and at the end.
    package var remaining: Duration? {
        guard done > 0, done < total, elapsed >= .milliseconds(500) else { return nil }
        return .nanoseconds(Int64((elapsed.seconds * Double(total - done) / Double(done) * 1e9).rounded()))
    }

    /// The line for a terminal of `width` columns; the bar takes what the words leave, at most 40 and at least 4.
    package func line(width: Int) -> String {
        let percent = String(Int((fraction * 100).rounded(.down)))
        let rest = remaining.map { ", \(DurationText.short($0)) left" } ?? ""
        let words = " " + String(repeating: " ", count: 3 - percent.count) + "\(percent) %  \(done)/\(total) \(unit)  "
            + DurationText.short(elapsed) + rest
        // Two brackets, and the last column stays free, because some terminals wrap when it is written.
        let length = max(4, min(40, width - words.count - 3))
        let filled = Int((fraction * Double(length)).rounded(.down))
        let bar = "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: length - filled) + "]"
        return Table.cut(bar + words, to: max(1, width - 1))
    }
}
