import Choreography
import Orders
import World

/// Judges the causal graph: whatever brought an event is in it, brought it once, and not too early.
package enum GraphCheck {
    private struct Arrival: Hashable {
        let sender: ActorName
        let receiver: ActorName
        let sequence: UInt64
    }

    private struct Answer: Hashable {
        let actor: ActorName
        let part: String
    }

    package static func judge(_ pieces: [Piece], _ books: Books) -> [Violation] {
        let due = Dictionary(pieces.compactMap { piece in piece.wish.dueMs.map { (piece.id, $0) } }) { first, _ in first }
        let sent = Set(
            books.graph.flatMap { source in
                source.entry.sent.map { Arrival(sender: source.actor, receiver: $0.receiver, sequence: $0.sequence) }
            })
        var arrived: Set<Arrival> = [], answered: Set<Answer> = [], found: [Violation] = []
        for node in books.graph {
            let name = "\(node.entry.event) at \(node.actor), entry \(node.entry.number) of work \(node.work)"
            switch node.entry.origin {
            case .letter(let sender, let sequence, _, _):
                let arrival = Arrival(sender: sender, receiver: node.actor, sequence: sequence)
                let letter = "letter \(sequence) of \(sender) was"
                if !arrived.insert(arrival).inserted { found.append(Violation(.twice, "\(letter) applied again: \(name)")) }
                if !sent.contains(arrival) { found.append(Violation(.ghost, "\(letter) never sent: \(name)")) }
            case .timer(let timer, _):
                guard let ms = due[node.work], node.entry.atMs < ms else { continue }
                found.append(Violation(.early, "timer \(timer) fired \(ms - node.entry.atMs) ms early: \(name)"))
            case .worker(let part, _, _):
                if !answered.insert(Answer(actor: node.actor, part: part)).inserted {
                    found.append(Violation(.twice, "part \(part) was answered again: \(name)"))
                }
            case .outside, .burial, .operator: break
            }
        }
        return found
    }
}

extension Piece.Wish {
    /// When the timer of its actor is due, milliseconds since 1970; nil for one that sets none.
    fileprivate var dueMs: Int64? {
        switch self {
        case .order(let order): order.deadlineMs
        case .trip(let plan): plan.patienceMs
        case .gather: nil
        }
    }
}
