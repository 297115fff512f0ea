import Wire
import World

/// Names one session of a process; never used twice. An int in disguise, so that the hot path compares no strings.
public struct SessionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
    public static func < (a: SessionID, b: SessionID) -> Bool { a.number < b.number }
    public var description: String { "session \(number)" }
}

/// What two lives agreed on in their handshake. It does not change while the session lasts.
public final class SessionInfo: Sendable {
    public enum Direction: Hashable, Sendable {
        /// This node has dialled; it may send on any lane.
        case outbound
        /// The peer has dialled; this node may send on the lanes that the peer has used.
        case inbound
    }

    public let id: SessionID
    public let peer: NodeIdentity
    /// Where the peer says it is reached; port 0 when it cannot be dialled.
    public let address: PeerAddress
    public let direction: Direction
    /// The peer's call targets. `nil` when the peer has dialled and its table is not the same as ours.
    public let contracts: ContractTable?
    /// The wire version that both speak.
    public let version: UInt16
    public let software: String
    public let capabilities: [String]

    package init(
        id: SessionID, peer: NodeIdentity, address: PeerAddress, direction: Direction, contracts: ContractTable?,
        version: UInt16, software: String, capabilities: [String]
    ) {
        self.id = id
        self.peer = peer
        self.address = address
        self.direction = direction
        self.contracts = contracts
        self.version = version
        self.software = software
        self.capabilities = capabilities
    }
}

/// Why a session has ended. What was sent in it and not answered may or may not have arrived.
public enum SessionLoss: Hashable, Sendable, CustomStringConvertible {
    /// This node hung up.
    case hungUp
    /// The peer said goodbye, for this reason.
    case goodbye(String)
    /// The same name has begun a later life, or the same life a newer session.
    case replaced
    /// The peer does not know the session: it has restarted, or has dropped it.
    case rejected
    /// The peer sent something malformed.
    case malformed(String)
    /// The peer takes in nothing, and what must not be refused exceeds its limit.
    case overrun
    /// Nothing was acknowledged for too long.
    case unresponsive
    /// The peer has dialled and then said nothing for too long.
    case idle
    /// The session had been silent, and its room was needed for others.
    case displaced
    /// The links are being closed.
    case stopped

    public var description: String {
        switch self {
        case .hungUp: "hung up"
        case .goodbye(let reason): "the peer said goodbye: \(reason)"
        case .replaced: "replaced by a later life or session of the peer"
        case .rejected: "the peer does not know the session any more"
        case .malformed(let what): "the peer sent something malformed: \(what)"
        case .overrun: "the peer takes in nothing and too much waits for it"
        case .unresponsive: "the peer has acknowledged nothing for too long"
        case .idle: "the peer has said nothing for too long"
        case .displaced: "its room was needed for other sessions"
        case .stopped: "the node stops"
        }
    }
}

/// What becomes of a frame that is handed to ``Links``, known at once.
public enum SendResult: Hashable, Sendable {
    /// The frame will be sent, and on a reliable lane sent again until the session ends or it is acknowledged.
    case queued
    /// Too much waits for the peer. Not sent; try later or elsewhere.
    case overloaded
    /// There is no such session, or the peer has not used the lane of an inbound one. Not sent.
    case noSession
    /// The frame exceeds the limit of its lane (``WireLimits/frameBytes(_:)``). Not sent.
    case tooLarge
}

/// What a frame is to the limits of a queue.
public enum Traffic: Hashable, Sendable {
    /// May be refused: somebody upstream can slow down.
    case request
    /// Must not be refused (answers, cancellations, terminations). Past its limit the link drops.
    case control
}

/// Hears what the ``Links`` have to tell, on the event loop, within a turn. May call the links back.
public protocol LinksDelegate: AnyObject {
    func sessionEstablished(_ session: SessionInfo)
    func sessionLost(_ session: SessionInfo, reason: SessionLoss)
    /// Nobody listens at the address: evidence, not a verdict. `peer` is who was there last.
    func connectionRefused(_ address: PeerAddress, peer: NodeIdentity?)
    /// The node at the address does not want this one, or is not the one that was meant. It is dialled again, slowly.
    func handshakeRefused(_ address: PeerAddress, code: Refuse.Code, message: String)
    /// A frame that is not the links' own: the whole array, kind included. `ageMs` is how long it was under way beyond
    /// the fastest message of the session.
    func received(_ kind: FrameKind, _ frame: ArraySlice<UInt8>, on session: SessionInfo, lane: Lane, ageMs: UInt32)
}
