import World

// DRAWING CAUSES IN A TERMINAL
//
// What follows from one thing alone goes on in the column of that thing: a piece of work is mostly a chain, and one that steps to the
// right with each link cannot be read. Where several things follow, the one with the most behind it goes on in the column, and the others
// leave it:
//
//      ◆ place          from outside
//      ├─○ deadline     a timer that is set
//      ● charge         and so on
//      ● shipped
//      ├─● capture
//      ├─● dispatch
//      ● close

/// A causal graph as lines of text.
package struct TraceTree {
    private let trace: TraceDocument
    private var table = Table([.init("AFTER", .right), .init("EVENT"), .init("ACTOR"), .init("NODE"), .init("")])
    /// What follows from each entry, by its id: entries, and what is awaited.
    private var entries: [[Int]]
    private var awaited: [[TraceDocument.Awaited]]
    /// How many entries follow, with the entry itself.
    private var sizes: [Int]

    package init(_ trace: TraceDocument) {
        self.trace = trace
        let count = trace.entries.count + 1
        (entries, awaited) = (Array(repeating: [], count: count), Array(repeating: [], count: count))
        sizes = Array(repeating: 1, count: count)
        for entry in trace.entries { entries[entry.causes.last ?? 0].append(entry.id) }
        for one in trace.awaited { awaited[one.after.flatMap { (1..<count).contains($0) ? $0 : nil } ?? 0].append(one) }
        for entry in trace.entries.reversed() { sizes[entry.causes.last ?? 0] += sizes[entry.id] }
        for id in entries[0] { draw(id, "", "") }
        for one in awaited[0] { add(one, "") }
    }

    package var text: String { table.text() }

    /// - Parameters:
    ///   - prefix: what stands before all lines.
    ///   - branch: what stands before the first line instead of its end.
    private mutating func draw(_ first: Int, _ prefix: String, _ branch: String) {
        var id = first, lead = branch
        while true {
            add(trace.entries[id - 1], prefix + lead)
            // Lines after the first stand below its sign.
            let stem = prefix + (branch.isEmpty ? "" : "│ ")
            for one in awaited[id] { add(one, stem + "├─") }
            guard let trunk = entries[id].max(by: { (sizes[$0], $0) < (sizes[$1], $1) }) else { return }
            for child in entries[id] where child != trunk { draw(child, stem, "├─") }
            (id, lead) = (trunk, branch.isEmpty ? "" : "│ ")
        }
    }

    private mutating func add(_ entry: TraceDocument.Entry, _ lead: String) {
        let sign = entry.causes.isEmpty ? "◆" : "●"
        let source = entry.origin == "worker" ? " by \(entry.other ?? "?")" : entry.origin == "timer" ? " (timer)" : ""
        let remark = entry.remark.map { "▲ " + $0 } ?? (entry.isLast ? "ended" : "")
        table.add([
            DurationText.signed(milliseconds: entry.afterMs), "\(lead)\(sign) \(entry.event)\(source)", trace.short(entry.actor),
            entry.host, remark,
        ])
    }

    private mutating func add(_ one: TraceDocument.Awaited, _ lead: String) {
        let sign = one.state == "dead" ? "✕" : "○"
        let mark = one.state == "set" ? "" : "▲ "
        table.add(["", "\(lead)\(sign) \(one.event)", trace.short(one.receiver ?? one.owner), "", mark + one.words])
    }
}

extension DurationText {
    /// To the millisecond; with a sign when it is negative, as where a clock was behind.
    fileprivate static func signed(milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0" }
        return (milliseconds < 0 ? "-" : "") + short(.milliseconds(Int64(clamping: milliseconds.magnitude)))
    }
}
