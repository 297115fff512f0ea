import JSONDocument
import Web
import World

/// A job that counts primes, as the edge tells of it.
package struct PrimesDocument: JobPicture {
    package let jobId: String
    /// `Pending`, `Processing`, `Completed` or `Failed`.
    package let status: String
    /// Exact, once completed.
    package let count: UInt64?
    package let done: Int
    package let total: Int
    package let resent: Int
    /// Chunks by node, in the order of the document.
    package let shares: [(node: String, chunks: Int)]
    package let elapsed: Duration
    package let warnings: [String]
    package let document: JSON

    package var isOver: Bool { status == "Completed" || status == "Failed" }

    package init(_ json: JSON) throws(CommandFailure) {
        guard let id = json["jobId"]?.string, let status = json["status"]?.string else {
            throw CommandFailure(.protocolError, "a job without jobId or status: \(json.text().prefix(200))")
        }
        jobId = id
        self.status = status
        count = json["count"]?.integer(UInt64.self)
        done = json["chunks"]?["done"]?.integer(Int.self) ?? 0
        total = json["chunks"]?["total"]?.integer(Int.self) ?? 0
        resent = json["chunks"]?["resent"]?.integer(Int.self) ?? 0
        shares = (json["nodes"]?.members ?? []).map { ($0.key, $0.value.integer(Int.self) ?? 0) }
        elapsed = .milliseconds(json["elapsedMs"]?.integer(Int64.self) ?? 0)
        warnings = (json["warnings"]?.elements ?? []).compactMap(\.string)
        document = json
    }

    package static func == (a: PrimesDocument, b: PrimesDocument) -> Bool { a.document == b.document }

    /// How the chunks were shared: one line a node.
    package var shareTable: Table {
        var table = Table([.init("NODE"), .init("CHUNKS", .right), .init("SHARE", .right)])
        let whole = Double(shares.reduce(0) { $0 + $1.chunks })
        for share in shares {
            table.add([share.node, String(share.chunks), NumberText.share(Double(share.chunks), of: whole)])
        }
        return table
    }
}
