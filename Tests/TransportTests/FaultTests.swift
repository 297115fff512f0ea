import MessagePack
import Testing
import Transport
import Wire
import World

@Suite struct FaultTests {
    /// A pair that may be interfered with, and numbers sent from one to the other under a rule.
    private func run(
        _ rule: FaultRule, at node: String = "n1", for duration: Duration = .seconds(20), count: UInt64 = 50
    ) throws -> (mesh: SimulatedMesh, numbers: [UInt64], hits: UInt64) {
        let mesh = try SimulatedMesh.pair(chaos: true)
        // The first frame of a lane opens its channel; rules count what they do to frames on an open one.
        _ = try mesh.sendNumbers(1000..<1001, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        let objection = try mesh.on(node) { links, _ in links.setFault(rule) }
        #expect(objection == nil)
        for start in stride(from: 0, to: count, by: 10) {
            _ = try mesh.sendNumbers(start..<start + 10, from: "n1", to: "n2")
            mesh.simulation.run(for: .milliseconds(100))
        }
        let hits = try mesh.on(node) { links, _ in links.listFaults().first?.hits ?? 0 }
        mesh.simulation.run(for: duration)
        return (mesh, Array(try mesh.numbers(at: "n2").dropFirst()), hits)
    }

    @Test func withoutChaosNoRuleCanBeSet() throws {
        let mesh = try SimulatedMesh.pair()
        let objection = try mesh.on("n1") { links, _ in links.setFault(FaultRule(name: "x", action: .drop, ttlMs: 1000)) }
        #expect(objection?.contains("--chaos") == true)
        #expect(try mesh.on("n1") { links, _ in links.faults == nil })
    }

    @Test(arguments: [
        FaultRule(name: "", action: .drop, ttlMs: 10), FaultRule(name: "x", action: .drop, ttlMs: 0),
        FaultRule(name: "x", action: .drop, probability: 1.5, ttlMs: 10), FaultRule(name: "x", action: .delay(ms: -1, jitterMs: 0), ttlMs: 10),
        FaultRule(name: "x", action: .throttle(bytesPerSecond: 0), ttlMs: 10), FaultRule(name: "x", action: .reorder(withinMs: 0), ttlMs: 10),
    ])
    func anImpossibleRuleIsRefused(_ rule: FaultRule) throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n1", chaos: true)
        #expect(try mesh.on("n1") { links, _ in links.setFault(rule) } != nil)
    }

    @Test func framesTravelAloneSoThatRulesSeeThem() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        _ = try mesh.sendNumbers(0..<50, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.on("n1") { links, _ in links.metrics.work.messagesSent } == 50)
    }

    @Test(arguments: ["n1", "n2"], [FaultRule.Direction.inbound, .outbound])
    func aThirdDroppedEachWayCostsOnlyTime(_ node: String, _ direction: FaultRule.Direction) throws {
        let rule = FaultRule(name: "loss", direction: direction, action: .drop, probability: 0.3, ttlMs: 60_000)
        let (mesh, numbers, hits) = try run(rule, at: node, for: .seconds(60))
        #expect(numbers == Array(0..<50))
        #expect(hits > 0)
        #expect(try mesh.heard("n1").lost.isEmpty)
    }

    @Test func everythingDroppedBothWaysAtBothIsRecoveredAfterTheRuleEnds() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        let rule = FaultRule(name: "cut", action: .drop, ttlMs: 5000)
        for node in ["n1", "n2"] { _ = try mesh.on(node) { links, _ in links.setFault(rule) } }
        _ = try mesh.sendNumbers(0..<50, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(4))
        #expect(try mesh.numbers(at: "n2").isEmpty)
        mesh.simulation.run(for: .seconds(6))
        #expect(try mesh.numbers(at: "n2") == Array(0..<50))
        #expect(try mesh.on("n1") { links, _ in links.listFaults() }.isEmpty)
    }

    @Test func duplicatesAreDeliveredOnce() throws {
        let (mesh, numbers, hits) = try run(FaultRule(name: "twice", lanes: [.work], action: .duplicate, ttlMs: 60_000))
        #expect(numbers == Array(0..<50) && hits == 50)
        #expect(try mesh.on("n2") { links, _ in links.metrics.work.duplicates } == 50)
    }

    @Test func reorderedFramesArePutBackIntoOrder() throws {
        let (mesh, numbers, hits) = try run(FaultRule(name: "mix", lanes: [.work], action: .reorder(withinMs: 30), ttlMs: 60_000))
        #expect(numbers == Array(0..<50) && hits >= 50)
        #expect(try mesh.on("n1") { links, _ in links.metrics.work.resent } == 0)
    }

    @Test func delayedFramesArriveThatMuchLater() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        let rule = FaultRule(name: "late", peer: "n2", lanes: [.work], action: .delay(ms: 120, jitterMs: 0), ttlMs: 60_000)
        _ = try mesh.on("n1") { links, _ in links.setFault(rule) }
        _ = try mesh.sendNumbers(0..<5, from: "n1", to: "n2")
        mesh.simulation.run(for: .milliseconds(115))
        #expect(try mesh.numbers(at: "n2").isEmpty)
        mesh.simulation.run(for: .milliseconds(10))
        #expect(try mesh.numbers(at: "n2") == Array(0..<5))
    }

    @Test func heldFramesGoOnWhenTheRuleIsCleared() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        _ = try mesh.on("n2") { links, _ in
            links.setFault(FaultRule(name: "hold", direction: .inbound, lanes: [.work], action: .hold, ttlMs: 60_000))
        }
        _ = try mesh.sendNumbers(0..<5, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(5))
        #expect(try mesh.numbers(at: "n2").isEmpty)
        try mesh.on("n2") { links, _ in links.clearFault("hold") }
        mesh.simulation.run(for: .milliseconds(5))
        #expect(try mesh.numbers(at: "n2") == Array(0..<5))
    }

    @Test func aThrottleSpreadsFrames() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        _ = try mesh.on("n1") { links, _ in
            links.setFault(FaultRule(name: "slow", direction: .outbound, lanes: [.work], action: .throttle(bytesPerSecond: 200), ttlMs: 60_000))
        }
        // About 15 bytes each: 75 ms.
        _ = try mesh.sendNumbers(0..<10, from: "n1", to: "n2")
        mesh.simulation.run(for: .milliseconds(160))
        let soon = try mesh.numbers(at: "n2").count
        #expect(soon >= 1 && soon <= 4)
        mesh.simulation.run(for: .seconds(30))
        #expect(try mesh.numbers(at: "n2") == Array(0..<10))
    }

    @Test func corruptFramesAreCountedNeverTrapAndTheSessionRecovers() throws {
        var strangers = 0
        for seed in 0..<10 as Range<UInt64> {
            let mesh = try SimulatedMesh.pair(seed: seed, chaos: true)
            _ = try mesh.on("n1") { links, _ in
                links.setFault(FaultRule(name: "rot", action: .corrupt, probability: 0.3, ttlMs: 20_000))
            }
            for start in stride(from: 0, to: 500, by: 10) as StrideTo<UInt64> {
                let session = try mesh.on("n1") { links, _ in links.session(to: NodeIdentity(name: "n2", life: 1)) }
                if let session {
                    _ = try mesh.on("n1") { links, _ in
                        (start..<start + 10).map { number in links.send(on: session, lane: .work) { Cancel(id: number).pack(into: &$0) } }
                    }
                }
                mesh.simulation.run(for: .milliseconds(300))
            }
            mesh.simulation.run(for: .seconds(30))
            let malformed = try mesh.on("n1") { links, _ in links.metrics.malformed } + mesh.on("n2") { links, _ in links.metrics.malformed }
            #expect(malformed > 0)
            strangers += try mesh.numbers(at: "n2").count { $0 >= 500 }
            _ = try mesh.sendNumbers(1_000_000..<1_000_010, from: "n1", to: "n2")
            mesh.simulation.run(for: .seconds(1))
            #expect(try mesh.numbers(at: "n2").suffix(10) == Array(1_000_000..<1_000_010))
        }
        // As FaultRule says: what is changed and still well formed is accepted.
        #expect(strangers > 0)
    }

    @Test func aRuleTouchesOnlyItsPeerAndKind() throws {
        let mesh = try SimulatedMesh.pair(chaos: true)
        try mesh.start("n3", chaos: true)
        try mesh.dial("n1", "n3")
        mesh.simulation.run(for: .seconds(1))
        _ = try mesh.on("n1") { links, _ in
            links.setFault(FaultRule(name: "cut", peer: "n2", kinds: [.cancel], action: .drop, ttlMs: 5000))
        }
        _ = try mesh.sendNumbers(0..<5, from: "n1", to: "n2")
        _ = try mesh.sendNumbers(0..<5, from: "n1", to: "n3")
        let session = try mesh.session("n1", "n2")
        _ = try mesh.on("n1") { links, _ in links.send(on: session, lane: .pulse) { MembershipFrame(payload: []).pack(into: &$0) } }
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.numbers(at: "n2").isEmpty)
        #expect(try mesh.numbers(at: "n3") == Array(0..<5))
        #expect(try mesh.heard("n2").frames.map(\.kind) == [.membership])
    }

    @Test func aRuleForALaneThatThereIsNotIsRefusedByName() throws {
        let rule = FaultRule(name: "late", peer: "n2", direction: .inbound, lanes: [.work], action: .delay(ms: 5, jitterMs: 2), ttlMs: 9)
        #expect(rule.objection == nil)
        var unknown = rule
        unknown.lanes = ["wrok"]
        #expect(unknown.objection?.contains("wrok") == true)
    }
}

/// What the filter holds back, and what it does not.
@Suite struct HeldFramesTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func hold(_ filter: FaultFilter, _ packet: [UInt8], rule: String = "r", for duration: Duration) -> Bool {
        filter.hold(
            packet, .channel(ChannelID(number: 1)), .init(peer: nil, lane: .work, kind: nil, isInbound: false),
            authenticatedPeer: nil, rule: rule, until: start + duration)
    }

    @Test func bytesHaveALimitAndAreGivenBack() {
        let filter = FaultFilter(random: RandomStream(seed: 1))
        let packet = [UInt8](repeating: 1, count: 1 << 20)
        let held = (0..<100).count { _ in hold(filter, packet, for: .seconds(1)) }
        #expect(held << 20 == FaultFilter.heldBytesLimit)
        #expect(filter.overflowed == 100 - UInt64(held))
        #expect(filter.takeDue(now: start + .seconds(1)).count == held)
        #expect(hold(filter, packet, for: .seconds(2)))
    }

    @Test func framesAreReleasedInTheOrderOfTheirInstants() {
        let filter = FaultFilter(random: RandomStream(seed: 1))
        let delays = (0..<200).map { UInt8($0 * 37 % 200) }
        for delay in delays { #expect(hold(filter, [delay], for: .milliseconds(Int64(delay)))) }
        var released: [UInt8] = []
        for step in 0..<200 {
            let due = filter.takeDue(now: start + .milliseconds(Int64(step)))
            #expect(due.count == 1)
            released += due.flatMap(\.packet)
        }
        #expect(released == Array(0..<200))
    }

    @Test func aClearedRuleLetsGoOfItsOwnFramesOnce() {
        let filter = FaultFilter(random: RandomStream(seed: 1))
        for number in 0..<6 as Range<UInt8> { #expect(hold(filter, [number], rule: number % 2 == 0 ? "even" : "odd", for: .seconds(9))) }
        filter.clear("even", now: start)
        #expect(filter.takeDue(now: start).map(\.packet) == [[0], [2], [4]])
        #expect(filter.takeDue(now: start + .seconds(9)).map(\.packet) == [[1], [3], [5]])
        #expect(filter.takeDue(now: start + .seconds(99)).isEmpty)
    }
}
