import JSONDocument

/// What orders take from: an account, or the stock of an item.
package struct Holding: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable { case accounts, stock }

    package let kind: Kind
    /// Without characters that a path would have to encode.
    package let name: String

    package init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// Below the edge's `/api/`.
    package var path: String { "\(kind.rawValue)/\(name)" }
}

/// What an edge has told of one.
package struct HoldingReading: Hashable, Sendable {
    /// All of it.
    package let amount: Int64
    /// Of that, what orders hold that are under way.
    package let held: Int64

    package init(amount: Int64, held: Int64) {
        self.amount = amount
        self.held = held
    }

    var json: JSON { ["value": .number(amount), "held": .number(held)] }

    /// From the document of the edge. Nil for what is none.
    init?(_ document: JSON, of kind: Holding.Kind) {
        guard let amount = document[kind.amount]?.integer(Int64.self), let held = document[kind.held]?.integer(Int64.self)
        else { return nil }
        self.init(amount: amount, held: held)
    }
}

extension Holding.Kind {
    /// The members' names in documents of the edge.
    var amount: String { self == .accounts ? "balance" : "quantity" }
    fileprivate var held: String { self == .accounts ? "held" : "reserved" }
}
