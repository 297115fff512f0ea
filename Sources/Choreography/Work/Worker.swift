import MessagePack
import World

/// Does the parts of one kind of work on its node.
public protocol Worker: Sendable {
    /// The kind of work, by the name under which actors order it. Nodes that do it have the role of the same name.
    var kind: WorkKind { get }

    /// Does a part. It may be asked for the same part again, here or on another node, so doing it twice must do no harm. A cancelled task
    /// means that nobody waits for it any longer.
    /// - Throws: ``WorkRefusal``; `CancellationError`.
    func perform(_ task: WorkTask) async throws -> [UInt8]

    /// Parts that it has in hand: a node that is to end waits for these.
    var inHand: Int { get async }
}

/// One part of a piece of work, as a worker gets it.
public struct WorkTask: Codable, Hashable, Sendable {
    /// The actor that has ordered it, `kind/name`.
    public let orderer: String
    /// The piece of work that this actor is of; nil for one that lives on.
    public let work: WorkID?
    /// Names the part among all that the actor orders.
    public let part: String
    public let payload: [UInt8]

    public init(actor: ActorName, part: String, payload: [UInt8]) {
        orderer = "\(actor)"
        work = actor.work
        self.part = part
        self.payload = payload
    }
}

extension WorkTask {
    /// What was ordered, and the piece of work that it is for.
    /// - Parameter thing: what it is to be, for people.
    /// - Throws: ``WorkRefusal`` `invalid` when it is something else, or of an actor that lives on.
    public func order<Order: Decodable>(_ type: Order.Type, as thing: String) throws(WorkRefusal) -> (order: Order, work: WorkID) {
        let order: Order
        do { order = try MessagePackDecoder().decode(type, from: payload) } catch {
            throw WorkRefusal(.invalid, "part \(part) of \(orderer) is no \(thing): \(error)")
        }
        guard let work else { throw WorkRefusal(.invalid, "\(orderer) is no job") }
        return (order, work)
    }
}

/// Why a worker does not do a part. Travels over the mesh.
public struct WorkRefusal: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Codable, Sendable {
        /// The order makes no sense: no worker can do it.
        case invalid
        /// Too much to do already. It has not begun; another node may have room.
        case overloaded
        /// It was tried and could not be done here.
        case cannotWork
    }

    public let code: Code
    /// What is wrong, the value, and the remedy.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

/// A kind of work, and how parts of it are given to nodes.
public struct WorkKind: Sendable {
    /// What actors order it by, and the role of the nodes that do it.
    public let name: String
    /// Parts of one actor that a node may have at a time for each of its processors, and one that waits so that none idles while an answer
    /// travels; nil when workers bound what they take by themselves.
    public let isRationed: Bool
    /// A node that has not answered for less than this is not called silent.
    public let shortestSilence: Duration
    /// Nodes that have nothing left to do are given what others are slow with. Not for work that is felt outside of the mesh.
    public let hasBackups: Bool
    /// What a part is about, by its order. Parts that are about the same go to the same node while it works and has room, whichever actors
    /// ordered them: it may have the answer at hand. Nil for a part of which that does not matter; its own name places it.
    public let subject: @Sendable (_ order: [UInt8]) -> String?

    /// - Parameter subject: see ``subject``. All nodes must say the same of an order, or each has its own idea of who is to have it.
    public init(
        _ name: String, isRationed: Bool, shortestSilence: Duration, hasBackups: Bool,
        subject: @escaping @Sendable (_ order: [UInt8]) -> String? = { _ in nil }
    ) {
        self.name = name
        self.isRationed = isRationed
        self.shortestSilence = shortestSilence
        self.hasBackups = hasBackups
        self.subject = subject
    }
}
