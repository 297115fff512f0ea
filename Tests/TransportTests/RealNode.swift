import Logging
import TestSupport
import Testing
import Transport
import Wire
import World

/// A node without a mesh over real ZeroMQ, on a reactor of its own.
final class RealNode: Sendable {
    let world: SystemWorld
    let reactor: Reactor
    let node: TestNode
    let configuration: LinksConfiguration

    static func freePort() -> UInt16 { TestPorts.block() }

    init(
        _ name: String, life: UInt64 = 1, mesh: String = "m", port: UInt16? = nil, targets: [String] = ["Echo.echo"],
        security: CurveSecurity? = nil, chaos: Bool = false, socketLimit: Int32 = ZeroMQSockets.socketLimit,
        names: TestNames? = nil, _ change: (inout LinksConfiguration) -> Void = { _ in }
    ) async throws {
        let world = SystemWorld()
        var port = port
        var attempt = 0
        while true {
            var settings = try TransportTests.configuration(
                name, life: life, mesh: mesh, port: port ?? Self.freePort(), targets: targets, chaos: chaos)
            change(&settings)
            let final = settings
            let reactor = Reactor(name: "test-\(name)", world: world)
            let node = TestNode(loop: reactor, logs: LogLines())
            reactor.start()
            do {
                try await node.start(final, world: world) {
                    ZeroMQSockets(reactor: reactor, security: security, socketLimit: socketLimit, lookUp: names.map { $0.lookUp })
                }
                (self.world, self.reactor, self.node, configuration) = (world, reactor, node, final)
                return
            } catch let error as BindError where error.code == .portInUse && port == nil && attempt < 50 {
                attempt += 1
                await node.with { links, _ in links.stop(saying: "no port") }
                reactor.stop()
            } catch {
                await node.with { links, _ in links.stop(saying: "no port") }
                reactor.stop()
                throw error
            }
            port = nil
        }
    }

    var address: PeerAddress { configuration.advertised }
    var identity: NodeIdentity { configuration.identity }

    func stop() async {
        await node.with { links, _ in links.stop(saying: "the test is over") }
        reactor.stop()
    }

    func dial(_ other: RealNode) async {
        let (address, name) = (other.address, other.identity.name)
        await node.with { links, _ in links.dial(address, expecting: name) }
    }

    /// Waits, at most a minute, until `condition` holds on the node's loop.
    func until(_ what: String, _ condition: @Sendable (Links, TestDelegate) -> Bool) async throws {
        for _ in 0..<12_000 {
            if await node.with(condition) { return }
            try await world.sleep(for: .milliseconds(5))
        }
        Issue.record("did not come true within a minute: \(what)")
    }

    /// The session that this node has dialled to `other`, waited for.
    func session(to other: RealNode) async throws -> SessionID {
        let identity = other.identity
        try await until("a session with \(identity)") { links, _ in links.session(to: identity) != nil }
        return try #require(await node.with { links, _ in links.session(to: identity) })
    }
}
