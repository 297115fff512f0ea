import JSONDocument
import Web

/// One line of a comparison.
package struct BenchRow: Hashable, Sendable {
    package enum Goal: Hashable, Sendable {
        case ratioAtMost(Double)
        case ratioAtLeast(Double)
        case oursAtLeast(Double)
        case oursAtMost(Double)

        var text: String {
            switch self {
            case .ratioAtMost(let limit): "ratio <= \(NumberText.fixed(limit, digits: 2))"
            case .ratioAtLeast(let limit): "ratio >= \(NumberText.fixed(limit, digits: 2))"
            case .oursAtLeast(let limit): "ours >= \(NumberText.fixed(limit, digits: 0))"
            case .oursAtMost(let limit): "ours <= \(NumberText.fixed(limit, digits: 0))"
            }
        }
    }

    package let name: String
    package let unit: String
    /// Medians over the rounds.
    package let ours: Double
    package let yardstick: Double?
    package let goal: Goal?
    /// How far the yardstick's rounds lie apart; see ``Samples/spread``.
    package let yardstickSpread: Double?

    package init(_ name: String, _ unit: String, ours: Samples, yardstick: Samples? = nil, goal: Goal? = nil) {
        self.name = name
        self.unit = unit
        self.ours = ours.median
        self.yardstick = yardstick?.median
        self.goal = goal
        yardstickSpread = yardstick?.spread
    }

    package var ratio: Double? {
        guard let yardstick, yardstick > 0 else { return nil }
        return ours / yardstick
    }

    /// `nil` when there is no goal, or nothing to hold it against.
    package var met: Bool? {
        switch goal {
        case nil: nil
        case .ratioAtMost(let limit): ratio.map { $0 <= limit }
        case .ratioAtLeast(let limit): ratio.map { $0 >= limit }
        case .oursAtLeast(let limit): ours >= limit
        case .oursAtMost(let limit): ours <= limit
        }
    }

    package var json: JSON {
        [
            "name": .string(name), "unit": .string(unit), "ours": rounded(ours), "yardstick": yardstick.map(rounded) ?? nil,
            "ratio": ratio.map(rounded) ?? nil, "goal": .text(goal?.text), "met": met.map { .bool($0) } ?? nil,
            "yardstickSpread": yardstickSpread.map(rounded) ?? nil,
        ]
    }

    private func rounded(_ value: Double) -> JSON { .number(NumberText.fixed(value, digits: 3)) }

    package static func table(_ rows: [BenchRow]) -> Table {
        var table = Table([
            .init("WHAT"), .init("OURS", .right), .init("YARDSTICK", .right), .init("UNIT"), .init("RATIO", .right),
            .init("GOAL"), .init("MET"), .init("SPREAD", .right),
        ])
        for row in rows {
            let digits = row.ours >= 1_000 ? 0 : row.ours < 10 ? 3 : 1
            table.add([
                row.name, NumberText.fixed(row.ours, digits: digits),
                row.yardstick.map { NumberText.fixed($0, digits: digits) } ?? "-", row.unit,
                row.ratio.map { NumberText.fixed($0, digits: 2) } ?? "-", row.goal?.text ?? "-",
                row.met.map { $0 ? "yes" : "NO" } ?? "-",
                row.yardstickSpread.map { NumberText.share($0, of: 1) } ?? "-",
            ])
        }
        return table
    }
}
