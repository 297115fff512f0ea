import MessagePack
import Testing
import Transport
import Wire
import World

/// A link that is slow, one that is half there, and one that is quiet.
@Suite struct ProgressTests {
    /// Sends 250 messages of 32 kB over a work lane of the given speed.
    private func bulk(bytesPerSecond rate: Int) throws -> SimulatedMesh {
        let mesh = try SimulatedMesh.pair(chaos: true)
        _ = try mesh.on("n1") { links, _ in
            links.setFault(FaultRule(name: "slow", direction: .outbound, lanes: [.work], action: .throttle(bytesPerSecond: rate), ttlMs: 600_000))
        }
        let session = try mesh.session("n1", "n2")
        let results = try mesh.on("n1") { links, _ in
            (0..<250).map { number in
                let body = [UInt8](repeating: 7, count: 32_000)
                return links.send(on: session, lane: .work) { Reply(id: UInt64(number), result: body[...]).pack(into: &$0) }
            }
        }
        #expect(results.allSatisfy { $0 == .queued })
        return mesh
    }

    @Test(arguments: [12_500_000, 500_000, 200_000, 20_000])
    func aSlowLinkSendsNothingTwiceAndKeepsItsSession(bytesPerSecond rate: Int) throws {
        let mesh = try bulk(bytesPerSecond: rate)
        mesh.simulation.run(for: .seconds(Int64(250 * 32_000 / rate) + 5))
        #expect(try mesh.heard("n2").frames.count == 250)
        #expect(try mesh.heard("n1").lost.isEmpty)
        #expect(try mesh.on("n1") { links, _ in links.metrics.work.resent } == 0)
    }

    @Test func whatIsLostWhileTheConnectionStandsIsSentAgainAndNothingElse() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        _ = try mesh.sendNumbers(0..<10, from: "n1", to: "n2")
        mesh.simulation.run(for: .milliseconds(100))
        _ = try mesh.on("n1") { links, _ in
            links.setFault(FaultRule(name: "cut", direction: .outbound, lanes: [.work], action: .drop, ttlMs: 50))
        }
        _ = try mesh.sendNumbers(10..<30, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.numbers(at: "n2") == Array(0..<30))
        #expect(try mesh.on("n1") { links, _ in links.metrics.work.resent } == 20)
        #expect(try mesh.on("n2") { links, _ in links.metrics.work.duplicates } == 0)
    }

    @Test func aPeerThatAcknowledgesNothingIsGivenUp() throws {
        let mesh = try SimulatedMesh.pair()
        mesh.network.cut(from: "n2", to: "n1")
        _ = try mesh.sendNumbers(0..<1, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(29))
        #expect(try mesh.heard("n1").lost.isEmpty)
        mesh.simulation.run(for: .seconds(2))
        #expect(try mesh.heard("n1").lost.map(\.reason) == [.unresponsive])
    }

    @Test func aLaneThatCannotBeConnectedIsGivenUpWithTheRemedy() throws {
        let mesh = SimulatedMesh(seed: 1)
        let one = try mesh.start("n1", sockets: { WithoutLane(.work, $0) })
        try mesh.start("n2")
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(2))
        #expect(try mesh.sendNumbers(0..<1, from: "n1", to: "n2") == [.queued])
        mesh.simulation.run(for: .seconds(29))
        #expect(try mesh.heard("n1").lost.isEmpty)
        mesh.simulation.run(for: .seconds(2))
        #expect(try mesh.heard("n1").lost.map(\.reason) == [.unresponsive])
        let lines = one.logs.all.filter { $0.contains("the work lane to n2#1 at n2:1000 cannot be connected") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("open the ports 1000 to 1002 of n2") == true)
    }

    @Test func trafficLeavesNoTrailOfTimers() throws {
        let mesh = try SimulatedMesh.pair()
        for number in 0..<1000 as Range<UInt64> {
            _ = try mesh.sendNumbers(number..<number + 1, from: "n1", to: "n2")
            mesh.simulation.run(for: .milliseconds(60))
        }
        for name in ["n1", "n2"] { #expect(try mesh.on(name) { links, _ in links.pendingTimers } < 10, "\(name)") }
    }
}

/// Sockets on which one lane never gets a connection, as behind a firewall that lets only the others through.
private final class WithoutLane: PacketSockets {
    private let lane: Lane
    private let inner: any PacketSockets
    private var closed: UInt32 = 0

    init(_ lane: Lane, _ inner: any PacketSockets) {
        self.lane = lane
        self.inner = inner
    }

    func open(_ lane: Lane, to address: PeerAddress, peer: String?) -> ChannelID {
        if lane != self.lane { return inner.open(lane, to: address, peer: peer) }
        closed += 1
        return ChannelID(number: .max - closed)
    }

    private func isClosed(_ channel: ChannelID) -> Bool { channel.number >= .max - closed }

    func send(_ packet: ArraySlice<UInt8>, on channel: ChannelID) -> PacketSendResult {
        isClosed(channel) ? .wouldBlock : inner.send(packet, on: channel)
    }

    func close(_ channel: ChannelID) { if !isClosed(channel) { inner.close(channel) } }
    func listen(host: String, port: UInt16) throws(BindError) { try inner.listen(host: host, port: port) }
    func keyOwner(of channel: ChannelID) -> String? { inner.keyOwner(of: channel) }
    func send(_ packet: ArraySlice<UInt8>, to route: RouteID) -> PacketSendResult { inner.send(packet, to: route) }
    func receive(into receiver: any PacketReceiver, now: Instant) -> Bool { inner.receive(into: receiver, now: now) }
    func probe(_ address: PeerAddress, now: Instant) { inner.probe(address, now: now) }
    var authenticatedPeer: String? { inner.authenticatedPeer }
    var nextDeadline: Instant { inner.nextDeadline }
    func closeAll() { inner.closeAll() }
}
