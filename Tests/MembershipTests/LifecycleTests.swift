import Membership
import Testing
import World

/// Starts, restarts, farewells and sickness of simulated processes.
@Suite struct LifecycleTests {
    static let seeds = Array<UInt64>(1...20)

    @Test(arguments: [2, 3, 5, 10]) func aMeshWhoseSeedsStartLastFormsWithinASecondOfTheLastStart(count: Int) {
        for seed in Self.seeds {
            let mesh = MeshSimulator(seed: seed, count: count)
            for i in (0..<count).reversed() {
                mesh.start(i, seeds: [0])
                mesh.run(for: .milliseconds(Int64(mesh.random.below(900))))
            }
            let last = mesh.now
            let time = mesh.time(limit: .seconds(10)) { mesh.isConverged }
            #expect(time != nil && mesh.now - last <= .seconds(1), "seed \(seed): \(String(describing: time))")
        }
    }

    @Test func aLateJoinerIsSeenByAllWithinASecond() {
        for seed in Self.seeds {
            let mesh = MeshSimulator(seed: seed, count: 10)
            for i in 0..<9 { mesh.start(i) }
            mesh.run(for: .seconds(30))
            mesh.start(9, seeds: [4])
            let time = mesh.time(limit: .seconds(10)) { mesh.isConverged }
            #expect(time != nil && time! <= .seconds(1), "seed \(seed): \(String(describing: time))")
        }
    }

    /// A node hears nothing for a second and a half, which is longer than a rumour lives. Nothing is told afterwards.
    @Test func whatRumoursMissAntiEntropyFinds() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5, settle: .seconds(20))
            mesh.cut = { $0 == 4 || $1 == 4 ? .drop : .open }
            mesh.update(1, MemberMetadata(roles: ["edge"]))
            mesh.run(for: .milliseconds(1500))
            #expect(mesh.hosts[4].membership?.member(named: "n0001")?.metadata.roles != ["edge"])
            mesh.heal()
            let time = mesh.time(limit: .seconds(60)) { mesh.hosts[4].membership?.member(named: "n0001")?.metadata.roles == ["edge"] }
            #expect(time != nil && time! <= .seconds(5), "seed \(seed): \(String(describing: time))")
        }
    }

    @Test func aNewcomerWhoseFirstWordsAreLostIsFoundWithinSeconds() {
        for seed in Self.seeds {
            let mesh = MeshSimulator(seed: seed, count: 6)
            for i in 0..<5 { mesh.start(i) }
            mesh.run(for: .seconds(30))
            mesh.start(5, seeds: [0])
            mesh.loss = 0.9
            mesh.run(for: .seconds(4))
            mesh.loss = 0
            let time = mesh.time(limit: .seconds(60)) { mesh.isConverged }
            #expect(time != nil && time! <= .seconds(8), "seed \(seed): \(String(describing: time))")
        }
    }

    @Test(arguments: [50, 500, 2000, 8000]) func aRestartAtTheSameAddressIsSeenWithinASecond(afterMs: Int) {
        for seed in Self.seeds {
            for refusing in [true, false] {
                let mesh = MeshSimulator.formed(seed: seed, count: 5)
                mesh.kill(2, refusing: refusing)
                mesh.run(for: .milliseconds(Int64(afterMs)))
                mesh.start(2)
                let time = mesh.time(limit: .seconds(10)) { mesh.isConverged }
                #expect(time != nil && time! <= .seconds(1), "seed \(seed): \(String(describing: time))")
                mesh.run(for: .seconds(10))
                #expect(mesh.isConverged && mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints)")
            }
        }
    }

    @Test func whoLeavesIsSeenAsLeftByAllAndNeverAsFailed() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.leave(1)
            let time = mesh.time(limit: .seconds(5)) { [0, 2, 3, 4].allSatisfy { mesh.status(of: 1, at: $0) == .left } }
            #expect(time != nil && time! <= .seconds(1), "seed \(seed): \(String(describing: time))")
            mesh.run(for: .seconds(20))
            #expect(mesh.hosts[1].farewellSaid && mesh.isConverged && mesh.oracle.complaints.isEmpty)
            #expect(!mesh.log.contains { if case .failed = $0.event { true } else { false } })
            mesh.start(1)
            #expect(mesh.time(limit: .seconds(2)) { mesh.isConverged } != nil)
        }
    }

    @Test func aNodeWithALostCounterBeginsANewLifeAboveTheOldOne() {
        let mesh = MeshSimulator.formed(seed: 5, count: 5)
        for _ in 0..<3 {
            mesh.kill(2, refusing: true)
            mesh.run(for: .seconds(1))
            mesh.start(2)
            mesh.run(for: .seconds(3))
        }
        mesh.kill(2, refusing: true)
        mesh.run(for: .seconds(1))
        mesh.hosts[2].identity.life = 0
        mesh.start(2)
        #expect(mesh.time(limit: .seconds(5)) { mesh.hosts[2].newLifeAbove == 4 } != nil)
        mesh.beginNewLife(2)
        let time = mesh.time(limit: .seconds(5)) { mesh.isConverged }
        #expect(time != nil && time! <= .seconds(1) && mesh.hosts[2].identity.life == 5)
    }

    @Test func metadataReachesEverybody() {
        let mesh = MeshSimulator.formed(seed: 9, count: 10)
        mesh.update(3, MemberMetadata(roles: ["edge"], load: 500))
        let time = mesh.time(limit: .seconds(5)) { mesh.isConverged && mesh.hosts[7].membership?.member(named: "n0003")?.metadata.roles == ["edge"] }
        #expect(time != nil && time! <= .seconds(1))
        mesh.run(for: .seconds(2))
        let views = Set(mesh.running.map { mesh.hosts[$0].membership!.decided.fingerprint })
        #expect(views.count == 1)
    }

    /// A box that stalls each of its processes for up to 600 ms about twice a second, as two saturated cores do.
    @Test(arguments: [MembershipConfiguration.lan, .local]) func saturatedCoresKillNobody(figures: MembershipConfiguration) {
        for seed in Self.seeds.prefix(8) {
            let mesh = MeshSimulator(seed: seed, count: 5, figures: figures)
            for i in 0..<5 {
                mesh.hosts[i].sickness = (.milliseconds(400), .milliseconds(600))
                mesh.start(i)
            }
            mesh.run(for: .seconds(60))
            #expect(mesh.oracle.complaints.isEmpty, "seed \(seed): \(mesh.oracle.complaints)")
        }
    }

    /// Intervals divided by five on a box that cannot keep them: in the papers' protocol metastable, with hundreds of false deaths.
    @Test func fastTimersOnASickBoxKillNobodyAndRecover() {
        var figures = MembershipConfiguration.lan
        figures.probeInterval = .milliseconds(200)
        figures.probeTimeout = .milliseconds(100)
        figures.gossipInterval = .milliseconds(40)
        figures.lonelyAfter = .milliseconds(400)
        let count = 30
        let mesh = MeshSimulator(seed: 3, count: count, figures: figures)
        for i in 0..<count { mesh.start(i) }
        mesh.run(for: .seconds(3))
        for i in 0..<count {
            mesh.hosts[i].sickness = (.milliseconds(300), .milliseconds(700))
            mesh.beginSickness(i)
        }
        mesh.run(for: .seconds(20))
        mesh.kill(29, refusing: false)
        mesh.run(for: .seconds(60))
        #expect(mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints.count): \(mesh.oracle.complaints.prefix(3))")
        #expect(mesh.isGoneEverywhere(29))
        for i in 0..<count { mesh.hosts[i].sickness = nil }
        mesh.run(for: .seconds(20))
        #expect(mesh.isConverged && mesh.running.allSatisfy { mesh.hosts[$0].membership!.healthScore <= 1 })
    }

    /// One node handles everything late; the others are well.
    @Test func oneSlowNodeNeitherDiesNorKills() {
        for seed in Self.seeds.prefix(8) {
            let mesh = MeshSimulator.formed(seed: seed, count: 10)
            mesh.hosts[4].sickness = (.milliseconds(300), .milliseconds(1500))
            mesh.beginSickness(4)
            mesh.run(for: .seconds(120))
            #expect(mesh.oracle.complaints.isEmpty, "seed \(seed): \(mesh.oracle.complaints)")
        }
    }

    @Test func oneSeedIsOneRun() {
        func run(_ seed: UInt64) -> (UInt64, Int) {
            let mesh = MeshSimulator.formed(seed: seed, count: 10)
            mesh.loss = 0.2
            mesh.pause(3, for: .seconds(3))
            mesh.run(for: .seconds(5))
            mesh.kill(5, refusing: true)
            mesh.run(for: .seconds(5))
            mesh.start(5)
            mesh.run(for: .seconds(5))
            return (mesh.traceHash, mesh.log.count)
        }
        #expect(run(1) == run(1))
        #expect(run(1).0 != run(2).0)
    }
}
