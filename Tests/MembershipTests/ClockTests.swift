import Membership
import Testing
import World

/// Wall clocks that are wrong, in a mesh.
@Suite struct ClockTests {
    private static let seeds = Array<UInt64>(1...10)

    /// The hosts whose clocks are off as they say, by name, as each running host sees it.
    private func told(_ mesh: MeshSimulator) -> [[String: ClockWatch.Verdict]] {
        mesh.running.map { i in
            let members = mesh.hosts[i].membership?.members ?? []
            return Dictionary(uniqueKeysWithValues: members.map { ($0.name, ClockWatch.verdict(of: $0.metadata)) }).filter(\.value.isOff)
        }
    }

    @Test(arguments: [3, 4, 5, 9], [5.0, -5.0, 90_000]) func aClockThatIsSetWrongIsFoundOutAndToldToAll(count: Int, seconds: Double) {
        let wrong: ClockWatch.Verdict = seconds > 0 ? .ahead : .behind
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: count, settle: .seconds(10))
            #expect(told(mesh).allSatisfy { $0.isEmpty })
            mesh.hosts[1].wallAhead = .milliseconds(Int64(seconds * 1_000))
            let found = mesh.time(limit: .seconds(20)) { told(mesh).allSatisfy { $0 == ["n0001": wrong] } }
            #expect(found != nil, "seed \(seed): \(told(mesh))")
            mesh.run(for: .seconds(20))
            #expect(told(mesh).allSatisfy { $0 == ["n0001": wrong] }, "seed \(seed): and it stays so")
            mesh.hosts[1].wallAhead = .zero
            let put = mesh.time(limit: .seconds(20)) { told(mesh).allSatisfy { $0.isEmpty } }
            #expect(put != nil, "seed \(seed): \(told(mesh))")
        }
    }

    /// The usual way for a clock to be wrong.
    @Test func aNodeThatStartsWithAWrongClockFindsItOut() {
        for seed in Self.seeds {
            let mesh = MeshSimulator(seed: seed, count: 5)
            mesh.hosts[4].wallAhead = .seconds(-86_400)
            for i in 0..<5 { mesh.start(i) }
            let found = mesh.time(limit: .seconds(20)) { told(mesh).allSatisfy { $0 == ["n0004": .behind] } }
            #expect(found != nil, "seed \(seed): \(told(mesh))")
            let watch = mesh.hosts[4].membership?.clockWatch
            #expect(watch?.mayFire(now: mesh.now, wall: mesh.wall(4)!) == false)
        }
    }

    @Test func aMinorityOfALargeMeshIsFoundOut() {
        let mesh = MeshSimulator.formed(seed: 1, count: 60, settle: .seconds(40))
        let wrong = [3, 17, 30, 44, 59]
        for i in wrong { mesh.hosts[i].wallAhead = .seconds(30) }
        let names = Dictionary(uniqueKeysWithValues: wrong.map { (MeshSimulator.name($0), ClockWatch.Verdict.ahead) })
        #expect(mesh.time(limit: .seconds(60)) { told(mesh).allSatisfy { $0 == names } } != nil, "\(told(mesh))")
    }

    @Test func ofTwoNobodyCanTell() {
        let mesh = MeshSimulator.formed(seed: 1, count: 2, settle: .seconds(5))
        mesh.hosts[1].wallAhead = .seconds(5)
        mesh.run(for: .seconds(30))
        #expect(told(mesh).allSatisfy { $0.isEmpty })
        #expect((0..<2).allSatisfy { mesh.hosts[$0].membership!.clockWatch.mayFire(now: mesh.now, wall: mesh.wall($0)!) })
    }

    @Test func slowAndLossyNetworksMakeNoClockWrong() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5, settle: .seconds(5))
            (mesh.latency, mesh.loss) = ((.milliseconds(1), .milliseconds(600)), 0.2)
            mesh.run(for: .seconds(60))
            #expect(told(mesh).allSatisfy { $0.isEmpty }, "seed \(seed)")
        }
    }

    /// Members of an earlier release tell no clock, and count as agreeing.
    @Test func whoTellsNoClockContradictsNobody() {
        let mesh = MeshSimulator(seed: 1, count: 5)
        for i in 1...3 { mesh.hosts[i].wallAhead = nil }
        for i in 0..<5 { mesh.start(i) }
        mesh.hosts[4].wallAhead = .seconds(60)
        mesh.run(for: .seconds(30))
        #expect(told(mesh).allSatisfy { $0.isEmpty })
        let watch = mesh.hosts[4].membership!.clockWatch
        #expect(watch.mayFire(now: mesh.now, wall: mesh.wall(4)!))
    }

    // MARK: One node by hand

    private static let wall = WallTime(millisecondsSince1970: 1_800_000_000_000)

    /// A node with two peers that are asked, and whose answers tell `wall`. `helper` answers for them when it is given.
    private func asked(told wall: WallTime?, through helper: MembershipPeer? = nil) throws -> (node: Membership, now: Instant) {
        var (node, peers) = try TestNode.among(2)
        var now = Instant.at(0.1), answered: Set<NodeIdentity> = []
        while answered.count < 2, now < .at(20) {
            for effect in node.tick(now: now) {
                guard case .send(.ping(let sequence, _), let to) = effect, peers.contains(to) else { continue }
                _ = node.handle(.ack(sequence: sequence, rumours: []), from: helper ?? to, wall: wall, now: now + .milliseconds(2))
                answered.insert(to.identity)
            }
            now = now + .milliseconds(50)
        }
        return (node, now)
    }

    private func verdict(_ node: Membership, _ now: Instant) -> ClockWatch.Verdict { node.clockWatch.verdict(now: now, wall: Self.wall) }

    @Test func whoIsAskedTellsItsClock() throws {
        let later = WallTime(millisecondsSince1970: Self.wall.millisecondsSince1970 + 60_000)
        var (node, now) = try asked(told: later)
        #expect(verdict(node, now) == .behind)
        let effects = node.lookAtClock(Self.wall, now: now)
        guard case .clock(.behind, let ahead)? = effects.events.first else {
            Issue.record("\(effects.events)")
            return
        }
        #expect(ahead < .seconds(-50) && ahead > .seconds(-70))
        #expect(node.ownMember.metadata.labels[ClockWatch.label] == "behind")
        #expect(node.lookAtClock(Self.wall, now: now).isEmpty, "it is said once")
        // Other news of the node leave it as it is.
        _ = try node.updateMetadata(MemberMetadata(roles: ["edge"]), now: now)
        #expect(node.ownMember.metadata.labels[ClockWatch.label] == "behind")
        let back = node.lookAtClock(later, now: now)
        #expect(back.events.count == 2 && node.ownMember.metadata.labels[ClockWatch.label] == nil)
    }

    @Test func whoIsNotTheOneThatWasAskedTellsNothing() throws {
        let later = WallTime(millisecondsSince1970: Self.wall.millisecondsSince1970 + 60_000)
        let (node, now) = try asked(told: later, through: TestNode.peer("p9", host: "10.0.0.99"))
        #expect(verdict(node, now) == .right)
    }

    @Test func anAnswerWithoutAClockTellsNothing() throws {
        let (node, now) = try asked(told: nil)
        #expect(verdict(node, now) == .right)
    }

    @Test func aNodeWithoutRoomForALabelSaysSo() throws {
        let later = WallTime(millisecondsSince1970: Self.wall.millisecondsSince1970 + 60_000)
        var (node, now) = try asked(told: later)
        let labels = Dictionary(uniqueKeysWithValues: (0..<MembershipLimits.labels).map { ("l\($0)", "") })
        _ = try node.updateMetadata(MemberMetadata(labels: labels), now: now)
        let effects = node.lookAtClock(Self.wall, now: now)
        #expect(effects.contains(.note(.clockUntold)) && node.clockWatch.verdict == .behind)
        #expect(node.ownMember.metadata.labels == labels)
    }
}
