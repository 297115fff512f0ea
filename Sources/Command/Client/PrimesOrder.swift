import JSONDocument

/// What is to be counted, as a command has been told.
package struct PrimesOrder: Sendable {
    package static let path = "/api/primes"

    package var from: String
    package var to: String
    package var algorithm: String?
    package var chunks: Int?

    package init(from: String, to: String, algorithm: String? = nil, chunks: Int? = nil) {
        self.from = from
        self.to = to
        self.algorithm = algorithm
        self.chunks = chunks
    }

    package var body: JSON {
        var members: [JSON.Member] = [.init("from", .string(from)), .init("to", .string(to))]
        if let algorithm { members.append(.init("algorithm", .string(algorithm))) }
        if let chunks { members.append(.init("chunks", .number(chunks))) }
        return .object(members)
    }
}
