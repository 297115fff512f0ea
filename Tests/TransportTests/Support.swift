import Logging
import MessagePack
import TestSupport
import Testing
import Transport
import Wire
import World

/// What a delegate under test has heard.
struct Heard: Sendable {
    var established: [SessionInfo] = []
    var lost: [(info: SessionInfo, reason: SessionLoss)] = []
    var refusedConnections: [(PeerAddress, NodeIdentity?)] = []
    var refusals: [(code: Refuse.Code, message: String)] = []
    var frames: [(kind: FrameKind, frame: [UInt8], session: SessionInfo, lane: Lane)] = []
}

/// Owns the links of one node on its loop, as the mesh does, and remembers what they tell.
final class TestDelegate: LinksDelegate {
    unowned let links: Links
    var heard = Heard()
    /// Does something, when set, about a loss.
    var onLoss: ((Links, SessionInfo) -> Void)?
    /// Answers, when set, a frame by itself.
    var onFrame: ((Links, FrameKind, ArraySlice<UInt8>, SessionInfo, Lane) -> Void)?

    init(_ links: Links) { self.links = links }

    func sessionEstablished(_ session: SessionInfo) { heard.established.append(session) }
    func sessionLost(_ session: SessionInfo, reason: SessionLoss) {
        heard.lost.append((session, reason))
        onLoss?(links, session)
    }
    func connectionRefused(_ address: PeerAddress, peer: NodeIdentity?) { heard.refusedConnections.append((address, peer)) }
    func handshakeRefused(_ address: PeerAddress, code: Refuse.Code, message: String) { heard.refusals.append((code, message)) }
    func received(_ kind: FrameKind, _ frame: ArraySlice<UInt8>, on session: SessionInfo, lane: Lane, ageMs: UInt32) {
        if let onFrame { onFrame(links, kind, frame, session, lane) } else { heard.frames.append((kind, Array(frame), session, lane)) }
    }
}

/// A node without a mesh: links, a delegate, a loop.
actor TestNode: LoopParticipant {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let logs: LogLines
    var links: Links!
    var delegate: TestDelegate!

    init(loop: any EventLoop, logs: LogLines) {
        self.loop = loop
        self.logs = logs
    }

    /// On the loop. `sockets` are made there because they belong to it.
    func start(_ configuration: LinksConfiguration, world: any World, sockets: @Sendable () -> any PacketSockets) throws {
        let logs = logs
        let logger = Logger(label: configuration.identity.name) { _ in logs }
        links = Links(configuration, sockets: sockets(), world: world, logger: logger)
        delegate = TestDelegate(links)
        links.delegate = delegate
        try links.start()
        loop.attach(self)
    }

    func with<R: Sendable>(_ body: @Sendable (Links, TestDelegate) throws -> R) rethrows -> R { try body(links, delegate) }

    var heard: Heard { delegate.heard }

    nonisolated func turn(now: Instant) -> Bool { assumeIsolated { $0.links.turn(now: now) } }
    nonisolated func flush(now: Instant) { assumeIsolated { $0.links.flush(now: now) } }
    nonisolated var nextDeadline: Instant { assumeIsolated { $0.links.nextDeadline } }
}

func configuration(
    _ name: String, life: UInt64 = 1, mesh: String = "m", host: String = "127.0.0.1", port: UInt16,
    targets: [String] = ["Echo.echo"], chaos: Bool = false
) throws -> LinksConfiguration {
    var configuration = LinksConfiguration(
        mesh: mesh, identity: NodeIdentity(name: name, life: life), bindHost: host, bindPort: port,
        advertised: PeerAddress(host: host, port: port), software: "test 1", contracts: try ContractTable(targets))
    configuration.chaos = chaos
    return configuration
}

extension TestNode {
    /// Sends the numbers of a range, one frame each.
    func sendNumbers(_ range: Range<UInt64>, lane: Lane, to session: SessionID) -> [SendResult] {
        range.map { number in links.send(on: session, lane: lane) { lane.pack(number, into: &$0) } }
    }

    /// The numbers received, in order.
    func numbers(on lane: Lane) -> [UInt64] {
        delegate.heard.frames.filter { $0.kind == lane.kindOfNumbers && $0.lane == lane }.map { heard in
            var reader = MessagePackReader(heard.frame)
            guard (try? reader.readArrayHeader(max: 2)) == 2, (try? reader.readUInt64()) != nil else { return .max }
            return (try? reader.readUInt64()) ?? .max
        }
    }
}

extension Lane {
    /// A kind of frame that the lane carries to the delegate.
    var kindOfNumbers: FrameKind {
        switch self {
        case .pulse: .membership
        case .truth: .registers
        case .work: .cancel
        }
    }

    /// A frame of that kind with nothing but a number in it.
    func pack(_ number: UInt64, into writer: inout MessagePackWriter) {
        writer.packArrayHeader(2)
        writer.pack(kindOfNumbers.rawValue)
        writer.pack(number)
    }
}
