/// Rows under headings, in columns as wide as their widest cell.
package struct Table: Sendable {
    package enum Alignment: Sendable { case left, right }

    package struct Column: Sendable {
        package let title: String
        package let alignment: Alignment

        package init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) {
        precondition(!columns.isEmpty, "a table needs a column")
        self.columns = columns
    }

    /// Adds a row. Cells that are missing stay empty; those beyond the last column are dropped.
    package mutating func add(_ cells: [String]) {
        var row = cells.prefix(columns.count).map { PlainText.shown($0, keepsLines: false) }
        row.append(contentsOf: repeatElement("", count: columns.count - row.count))
        rows.append(row)
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// The lines without line ends, the headings first. A line longer than `width` ends in an ellipsis.
    package func lines(width: Int = .max) -> [String] {
        let titles = columns.map(\.title)
        var widths = titles.map(\.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        return ([titles] + rows).map { row in
            let cells = row.enumerated().map { index, cell in
                let gap = String(repeating: " ", count: widths[index] - cell.count)
                return columns[index].alignment == .left ? cell + gap : gap + cell
            }
            return Self.cut(Self.trimmed(cells.joined(separator: "  ")), to: width)
        }
    }

    /// The whole table, every line with its end.
    package func text(width: Int = .max) -> String { lines(width: width).map { $0 + "\n" }.joined() }

    private static func trimmed(_ line: String) -> String {
        guard let last = line.lastIndex(where: { $0 != " " }) else { return "" }
        return String(line[...last])
    }

    static func cut(_ line: String, to width: Int) -> String {
        line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"
    }
}
