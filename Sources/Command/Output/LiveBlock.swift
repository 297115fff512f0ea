import World

/// Lines at the bottom of a terminal that are drawn over themselves.
package struct LiveBlock {
    private let terminal: Terminal
    private var drawn: [String] = []

    package init(_ terminal: Terminal) { self.terminal = terminal }

    /// Replaces what was drawn before. Lines beyond the terminal's height are left out, because the cursor cannot go there.
    package mutating func draw(_ lines: [String]) {
        let (columns, rows) = (terminal.columns, terminal.rows)
        let shown = lines.prefix(max(1, rows - 1)).map { Table.cut($0, to: columns - 1) }
        // An unchanged block is not written again: it would flicker, and fill a log of the terminal.
        guard shown != drawn else { return }
        terminal.write(Self.frame(shown, over: drawn.count))
        drawn = shown
    }

    /// Removes what was drawn.
    package mutating func clear() {
        guard !drawn.isEmpty else { return }
        terminal.write(Self.frame([], over: drawn.count))
        drawn = []
    }

    /// Leaves what was drawn; the next drawing starts below.
    package mutating func keep() { drawn = [] }

    /// Up to the block's first line, every line cleared before it is written, what lies below cleared (ECMA-48).
    package static func frame(_ lines: [String], over drawn: Int) -> String {
        (drawn > 0 ? "\u{1B}[\(drawn)A" : "") + "\r" + lines.map { "\u{1B}[2K" + $0 + "\n" }.joined() + "\u{1B}[J"
    }
}
