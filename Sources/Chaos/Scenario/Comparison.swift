/// A number's relation to another: `> 0`, `>= 3`, `< 5`, `<= 5`, `= 2`, `2`.
package struct Comparison: Hashable, Sendable, CustomStringConvertible {
    package enum Relation: String, Hashable, Sendable, CaseIterable {
        case greaterOrEqual = ">="
        case lessOrEqual = "<="
        case greater = ">"
        case less = "<"
        case equal = "="
    }

    package let relation: Relation
    package let number: Int

    package init(_ relation: Relation, _ number: Int) {
        self.relation = relation
        self.number = number
    }

    /// Nil for what is no comparison with a whole number from 0 on.
    package init?(_ text: some StringProtocol) {
        let text = String(text.filter { $0 != " " })
        let relation = Relation.allCases.first { text.hasPrefix($0.rawValue) }
        let digits = text.dropFirst(relation?.rawValue.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else { return nil }
        self.init(relation ?? .equal, number)
    }

    package func holds(_ value: Int) -> Bool {
        switch relation {
        case .greaterOrEqual: value >= number
        case .lessOrEqual: value <= number
        case .greater: value > number
        case .less: value < number
        case .equal: value == number
        }
    }

    package var description: String { "\(relation.rawValue) \(number)" }
}
