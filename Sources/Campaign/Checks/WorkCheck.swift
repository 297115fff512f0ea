import Choreography
import Orders
import World

// WHAT BECAME OF WORK
//
// Money, stock and rooms are counted: what accounts, items and hotels show must be exactly what follows from how each piece of work has
// ended. So a step that was done twice, or was done and not undone, or was undone and not done, shows as a difference; and work that
// has disappeared, or stands still, by itself.

/// Judges pieces of work by the books.
package enum WorkCheck {
    package static func judge(_ pieces: [Piece], _ books: Books) -> [Violation] {
        pieces.flatMap { judge($0, books) } + accounts(pieces, books) + hotels(pieces, books)
            + books.leftovers.map { Violation(.unended, "all is quiet, and \($0)") }
    }

    // MARK: Each piece

    private static func judge(_ piece: Piece, _ books: Books) -> [Violation] {
        let isThere = books.orders[piece.id] != nil || books.trips[piece.id] != nil || books.gathers[piece.id] != nil
        switch piece.outcome {
        case .ok: if !isThere { return [Violation(.lost, "\(piece.actor) was acknowledged and is not there")] }
        case .failed: return isThere ? [Violation(.ghost, "\(piece.actor) has surely failed and is there")] : []
        case .open, .unknown: if !isThere { return [] }
        }
        guard books.ended.contains(piece.actor) else { return [Violation(.unended, "\(piece.actor) has not ended")] }
        switch piece.wish {
        case .order(let order): return judge(order, piece, books)
        case .trip: return books.trips[piece.id] == .open ? [Violation(.unended, "\(piece.actor) has ended and decided nothing")] : []
        case .gather(let collect): return judge(collect, piece, books)
        }
    }

    /// Every part counts once, and what was given up was tried.
    private static func judge(_ collect: Collect, _ piece: Piece, _ books: Books) -> [Violation] {
        guard let gather = books.gathers[piece.id] else { return [] }
        let parts = (0..<collect.parts).map { "\($0)" }, weighed = parts.filter { !gather.failed.contains($0) }
        let sum = weighed.reduce(0) { $0 + Gather.weight($1) }
        var found = weighed.filter { !books.performed.contains(Performance(actor: piece.actor, part: $0)) }
            .map { Violation(.ghost, "\(piece.actor) has an answer to part \($0), which nobody has done") }
        if gather.answers != collect.parts || gather.sum != sum {
            let shown = "\(gather.answers) answers and a sum of \(gather.sum)"
            found.append(Violation(.unbalanced, "\(piece.actor) has \(shown), and not \(collect.parts) and \(sum)"))
        }
        return found
    }

    private static func judge(_ order: Place, _ piece: Piece, _ books: Books) -> [Violation] {
        let status = books.orders[piece.id] ?? .placed, sent = books.shipped[piece.id] ?? 0
        var found: [Violation] = []
        if !status.isTerminal { found.append(Violation(.unended, "\(piece.actor) has ended as \(status.rawValue)")) }
        if sent != (status == .shipped ? order.quantity : 0) {
            found.append(Violation(.unbalanced, "\(piece.actor) is \(status.rawValue), and \(sent) of \(order.quantity) were sent out"))
        }
        guard status == .shipped else { return found }
        if order.failAt != nil { found.append(Violation(.unbalanced, "\(piece.actor) was to fail and is shipped")) }
        if case .ok = piece.cancellation { found.append(Violation(.unbalanced, "\(piece.actor) took its cancellation and is shipped")) }
        return found
    }

    // MARK: All together

    private static func accounts(_ pieces: [Piece], _ books: Books) -> [Violation] {
        let shipped = pieces.compactMap { piece -> Place? in
            if case .order(let order) = piece.wish, books.orders[piece.id] == .shipped { order } else { nil }
        }
        func judge(
            _ what: String, _ books: [String: Books.Balance], _ beginning: Int64, _ spent: (Place, String) -> Int64
        ) -> [Violation] {
            books.keys.sorted().compactMap { name in
                let due = Books.Balance(whole: beginning - shipped.reduce(0) { $0 + spent($1, name) }, held: 0)
                guard let shown = books[name], shown != due else { return nil }
                return Violation(.unbalanced, "\(what) \(name) shows \(shown.whole) with \(shown.held) held, not \(due.whole) with none")
            }
        }
        return judge("account", books.accounts, Customers.balance) { $0.customer == $1 ? $0.amount : 0 }
            + judge("item", books.stock, Customers.quantity) { $0.item == $1 ? $0.quantity : 0 }
    }

    private static func hotels(_ pieces: [Piece], _ books: Books) -> [Violation] {
        books.hotels.keys.sorted().compactMap { name in
            let rooms = pieces.reduce(Int64(0)) { sum, piece in
                guard case .trip(let plan) = piece.wish, plan.hotel == name, books.trips[piece.id] == .booked else { return sum }
                return sum + plan.rooms
            }
            guard let shown = books.hotels[name], shown != Hotel.State(booked: rooms, confirmed: rooms) else { return nil }
            let sentence = "hotel \(name) has \(shown.booked) booked and \(shown.confirmed) confirmed, and not \(rooms) of each"
            return Violation(.unbalanced, sentence)
        }
    }
}
