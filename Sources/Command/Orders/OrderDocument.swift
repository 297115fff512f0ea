import JSONDocument
import World

/// An order, as the edge tells of it.
struct OrderDocument: JobPicture {
    let orderId: String
    /// `Placed`, `Paid`, `Reserved`, `Shipped`, `Compensating` or `Cancelled`.
    let status: String
    /// Why it was, or is being, cancelled.
    let reason: String?
    let steps: [(step: String, state: String, at: String)]
    let document: JSON

    var isOver: Bool { status == "Shipped" || status == "Cancelled" }
    var done: Int { steps.count { $0.state == "done" } }
    let total = 4

    init(_ json: JSON) throws(CommandFailure) {
        guard let id = json["orderId"]?.string, let status = json["status"]?.string else {
            throw CommandFailure(.protocolError, "an order without orderId or status: \(json.text().prefix(200))")
        }
        orderId = id
        self.status = status
        reason = json["reason"]?.string
        steps = (json["steps"]?.elements ?? []).map { step in
            (step["step"]?.string ?? "?", step["state"]?.string ?? "?", step["at"]?.string ?? "")
        }
        document = json
    }

    static func == (a: OrderDocument, b: OrderDocument) -> Bool { a.document == b.document }

    /// For people: how it stands, and a line for each step.
    var text: String {
        var table = Table([.init("STEP"), .init("STATE"), .init("AT")])
        for step in steps { table.add([step.step, step.state, step.at]) }
        return "order \(orderId): \(status)\(reason.map { ", \($0)" } ?? "")\n" + (table.isEmpty ? "" : table.text())
    }
}
