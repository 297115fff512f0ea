import Glibc
import Synchronization
import TestSupport
import Testing
import Transport
import Wire
import World

/// Names of a test's own.
final class TestNames: Sendable {
    private let table: Mutex<[String: [String]]>
    private let silent = Mutex<Set<String>>([])

    init(_ table: [String: [String]]) { self.table = Mutex(table) }

    func set(_ name: String, _ addresses: [String]) { table.withLock { $0[name] = addresses } }

    /// Has whoever asks for the name wait until it is told otherwise.
    func silence(_ name: String, _ isSilent: Bool) { silent.withLock { if isSilent { $0.insert(name) } else { $0.remove(name) } } }

    @Sendable func lookUp(_ name: String) -> [String] {
        while silent.withLock({ $0.contains(name) }) { usleep(1000) }
        return table.withLock { $0[name] ?? [] }
    }
}

/// What a channel needs before it is connected: descriptors, and the address of a name.
@Suite(.serialized, .bounded) struct ChannelTests {
    private func dial(_ node: RealNode, _ name: String, _ port: UInt16) async -> PeerAddress {
        let address = PeerAddress(host: name, port: port)
        await node.node.with { links, _ in links.dial(address) }
        return address
    }

    @Test func aRefusedNameIsEvidenceToo() async throws {
        let one = try await RealNode("n1")
        let address = await dial(one, "localhost", RealNode.freePort())
        try await one.until("a refused connection") { _, delegate in !delegate.heard.refusedConnections.isEmpty }
        #expect(await one.node.heard.refusedConnections.first?.0 == address)
        await one.stop()
    }

    @Test func aNodeIsReachedAtWhicheverAddressOfItsNameItListens() async throws {
        let names = TestNames(["n2.test": ["::1", "127.0.0.1"], "n3.test": ["127.0.0.1", "::1"]])
        let one = try await RealNode("n1", names: names)
        let (two, three) = (try await RealNode("n2"), try await RealNode("n3"))
        _ = await dial(one, "n2.test", two.address.port)
        _ = await dial(one, "n3.test", three.address.port)
        _ = try await one.session(to: two)
        _ = try await one.session(to: three)
        #expect(await one.node.heard.refusedConnections.isEmpty, "one address of two is no evidence")
        for node in [one, two, three] { await node.stop() }
    }

    @Test func aSlowNameKeepsNobodyWaiting() async throws {
        let names = TestNames(["n2.test": ["127.0.0.1"]])
        names.silence("slow.test", true)
        let one = try await RealNode("n1", names: names)
        let (two, three) = (try await RealNode("n2"), try await RealNode("n3"))
        _ = await dial(one, "slow.test", RealNode.freePort())
        _ = await dial(one, "n2.test", two.address.port)
        await one.dial(three)
        _ = try await one.session(to: two)
        _ = try await one.session(to: three)
        names.silence("slow.test", false)
        for node in [one, two, three] { await node.stop() }
    }

    @Test func aNameThatIsUnknownYetIsAskedAgain() async throws {
        let names = TestNames([:])
        let one = try await RealNode("n1", names: names)
        let two = try await RealNode("n2")
        _ = await dial(one, "n2.test", two.address.port)
        try await one.world.sleep(for: .milliseconds(300))
        names.set("n2.test", ["127.0.0.1"])
        _ = try await one.session(to: two)
        await one.stop()
        await two.stop()
    }

    @Test func aNodeThatHasMovedIsFoundAgain() async throws {
        let names = TestNames(["n2.test": ["127.0.0.1"]])
        let one = try await RealNode("n1", names: names)
        let two = try await RealNode("n2")
        _ = await dial(one, "n2.test", two.address.port)
        _ = try await one.session(to: two)
        await two.node.with { links, _ in links.abandon() }
        two.reactor.stop()
        let reborn = try await RealNode("n2", life: 2, port: two.address.port) { $0.bindHost = "127.0.0.2" }
        names.set("n2.test", ["127.0.0.2"])
        _ = try await one.session(to: reborn)
        await one.stop()
        await reborn.stop()
    }

    @Test func aChannelWithoutDescriptorsIsCountedAndOpenedLater() async throws {
        // Three listeners, and three sockets for each of three channels.
        let one = try await RealNode("n1", socketLimit: 12)
        let two = try await RealNode("n2")
        var dead: [PeerAddress] = []
        for _ in 0..<3 { dead.append(await dial(one, "127.0.0.1", RealNode.freePort())) }
        await one.dial(two)
        try await one.until("a shortage") { links, _ in links.metrics.descriptorShortages >= 2 }
        #expect(await one.node.with { links, _ in links.session(to: NodeIdentity(name: "n2", life: 1)) } == nil)
        #expect(one.node.logs.all.filter { $0.contains("ulimit -n") }.count == 1)
        let addresses = dead
        await one.node.with { links, _ in for address in addresses { links.hangUp(address) } }
        _ = try await one.session(to: two)
        await one.stop()
        await two.stop()
    }

    @Test func aPeerThatStoodStillGetsEverythingWhenItGoesOn() async throws {
        let one = try await RealNode("n1") { configuration in
            configuration.limits.window = 100_000
            configuration.limits.windowBytes = 64 << 20
            configuration.limits.queuedBytes = 64 << 20
            configuration.limits.batchBytes = 1
        }
        let two = try await RealNode("n2")
        await two.dial(one)
        let outbound = try await two.session(to: one)
        _ = await two.node.sendNumbers(0..<1, lane: .work, to: outbound)
        try await one.until("the first number") { _, delegate in delegate.heard.frames.count == 1 }
        let session = try #require(await one.node.heard.established.first?.id)

        let mayGoOn = Mutex(false)
        two.reactor.execute { while !mayGoOn.withLock({ $0 }) { usleep(1000) } }
        let payload = [UInt8](repeating: 7, count: 8 << 10)
        await one.node.with { links, _ in
            for id in 0..<4000 as Range<UInt64> {
                #expect(links.send(on: session, lane: .work) { Reply(id: id, result: payload[...]).pack(into: &$0) } == .queued)
            }
        }
        var sent: UInt64 = 0
        for _ in 0..<100 {
            try await one.world.sleep(for: .milliseconds(20))
            let now = await one.node.with { links, _ in links.metrics.work.messagesSent }
            if now == sent && now > 0 { break }
            sent = now
        }
        #expect(sent < 4000, "the peer that stood still took everything: the test shows nothing")
        mayGoOn.withLock { $0 = true }
        try await two.until("all replies") { _, delegate in delegate.heard.frames.count >= 4000 }
        let ids = await two.node.heard.frames.compactMap { try? Reply.unpack($0.frame[...]).id }
        #expect(ids == Array(0..<4000))
        await one.stop()
        await two.stop()
    }
}

@Suite struct BlockedRoutesTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let a = RouteID(lane: .work, number: 7), b = RouteID(lane: .work, number: 3)

    @Test func onlyBlockedRoutesAreTriedAndEachOnce() {
        var routes = BlockedRoutes()
        #expect(routes.takeDue(now: start).isEmpty && routes.retryAt == .distantFuture)
        routes.insert(a, now: start)
        routes.insert(b, now: start)
        routes.insert(a, now: start)
        #expect(routes.takeDue(now: start).isEmpty, "not before something may have changed")
        #expect(routes.retryAt == start + .milliseconds(2))
        #expect(routes.takeDue(now: start + .milliseconds(2)) == [b, a])
        #expect(routes.takeDue(now: start + .seconds(1)).isEmpty)
    }

    @Test func newsOfTheSocketHastensTheTry() {
        var routes = BlockedRoutes()
        routes.hasten()
        #expect(routes.retryAt == .distantFuture)
        routes.insert(a, now: start)
        routes.hasten()
        #expect(routes.takeDue(now: start) == [a])
    }

    @Test func aPeerThatStandsStillIsTriedLessAndLess() {
        var routes = BlockedRoutes()
        var now = start, waits: [Int64] = []
        for _ in 0..<8 {
            routes.insert(a, now: now)
            waits.append((routes.retryAt - now).milliseconds)
            now = routes.retryAt
            #expect(routes.takeDue(now: now) == [a])
        }
        #expect(waits == [2, 4, 8, 16, 32, 64, 64, 64])
        routes.insert(b, now: now)
        #expect(routes.retryAt == now + .milliseconds(2), "another one waits for nobody")
    }
}
