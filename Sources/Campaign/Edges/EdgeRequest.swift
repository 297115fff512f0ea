import Items
import Jobs
import Primes
import Registers
import World

/// What a user asks of an edge.
package enum EdgeRequest: Hashable, Sendable {
    case add([Item])
    case count(tenant: String)
    /// The count as one replica has it.
    case glance(tenant: String)
    case submit(PrimesRequest)
    case status(WorkID)
    case cancel(WorkID)
}

extension EdgeRequest {
    /// All that makes it another request when it differs.
    var parts: [[UInt8]] {
        switch self {
        case .add(let items): [Array("add".utf8)] + items.flatMap { [Array($0.tenant.utf8), Array($0.id.utf8)] }
        case .submit(let range):
            [Array("submit \(range.algorithm.rawValue)".utf8), range.from.octets, range.to.octets, UInt64(range.chunks ?? 0).octets]
        case .count(let tenant): [Array("count".utf8), Array(tenant.utf8)]
        case .glance(let tenant): [Array("glance".utf8), Array(tenant.utf8)]
        case .status(let id): [Array("status".utf8), id.bytes]
        case .cancel(let id): [Array("cancel".utf8), id.bytes]
        }
    }

    /// For people.
    var text: String {
        switch self {
        case .add(let items):
            "add \(items.count): " + items.prefix(4).map { "\($0.tenant)/\($0.id.prefix(12))" }.joined(separator: " ")
        case .count(let tenant): "count of \(tenant)"
        case .glance(let tenant): "glance at \(tenant)"
        case .submit(let range): "primes from \(range.from) to \(range.to)"
        case .status(let id): "status of \(id)"
        case .cancel(let id): "cancel \(id)"
        }
    }
}

/// What an edge answers.
package enum EdgeAnswer: Hashable, Sendable {
    /// All items count.
    case added
    case count(UInt64)
    case glance(ItemGlance)
    /// The job is kept.
    case accepted(WorkID)
    case status(PrimesStatus)
    case cancelled
    /// It cannot be cancelled, because it has ended.
    case ended
    /// There is no such job.
    case notFound
    /// The key belongs to another request.
    case otherRequest
    /// Nothing has happened by this sending, and nothing of it will.
    case unavailable
    /// Nobody knows.
    case unknown
    /// It was refused for good, with this sentence.
    case refused(String)
}

extension EdgeAnswer {
    /// Whether asking again may tell more.
    var isOpen: Bool { self == .unavailable || self == .unknown }

    /// Whether nothing has happened by the sending that it answers.
    package var saysNothingHappened: Bool {
        switch self {
        case .otherRequest, .unavailable, .refused: true
        case .added, .count, .glance, .accepted, .status, .cancelled, .ended, .notFound, .unknown: false
        }
    }

    /// What was asked for has happened.
    package var isSuccess: Bool { !saysNothingHappened && self != .unknown }

    /// As it is kept under a key; nil for one that may be another when the same is asked once more.
    var kept: [UInt8]? {
        switch self {
        case .added: [0]
        case .accepted(let id): [1] + id.bytes
        case .count, .glance, .status, .cancelled, .ended, .notFound, .otherRequest, .unavailable, .unknown, .refused: nil
        }
    }

    init?(kept bytes: [UInt8]) {
        switch bytes.first {
        case 0 where bytes.count == 1: self = .added
        case 1:
            guard let id = WorkID(bytes: bytes.dropFirst()) else { return nil }
            self = .accepted(id)
        default: return nil
        }
    }

    init(_ error: ItemGatewayError) {
        self =
            switch error.code {
            case .unavailable: .unavailable
            case .unknown: .unknown
            case .invalid: .refused(error.description)
            }
    }

    init(_ error: JobGatewayError) {
        self =
            switch error.code {
            case .notFound: .notFound
            case .unavailable: .unavailable
            case .unknown: .unknown
            case .alreadyEnded: .ended
            case .invalid: .refused(error.description)
            }
    }
}

/// A request on its way to an edge.
struct EdgeCall: Sendable {
    /// Unique in a run.
    let number: UInt64
    let request: EdgeRequest
    /// By which it is known again; nil for none.
    let key: String?
    /// How long the edge may take.
    let patience: Duration
}
