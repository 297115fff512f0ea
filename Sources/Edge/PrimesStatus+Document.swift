import JSONDocument
import Primes
import Web
import World

extension PrimesStatus {
    /// The document that clients read, its members in the order of the contract.
    var document: JSON {
        [
            "jobId": .string("\(jobId)"),
            "from": .number(request.from),
            "to": .number(request.to),
            "algorithm": .string(request.algorithm.rawValue),
            "status": .string(status.rawValue),
            "createdAt": .string(WallTime(millisecondsSince1970: createdAtMs).iso8601),
            "completedAt": .text(completedAtMs.map { WallTime(millisecondsSince1970: $0).iso8601 }),
            "completionPercentage": .number(completionPercentage),
            "count": count.map { .number($0) } ?? nil,
            "chunks": [
                "total": .number(chunks.total), "done": .number(chunks.done), "inFlight": .number(chunks.inFlight),
                "resent": .number(chunks.resent),
            ],
            "nodes": .object(nodes.map { .init($0.node, .number($0.parts)) }),
            "elapsedMs": .number(elapsedMs),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }
}
