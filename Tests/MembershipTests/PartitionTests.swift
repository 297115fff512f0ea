import Membership
import Testing
import World

/// Cuts of all kinds among few nodes, over many seeds.
@Suite struct PartitionTests {
    static let seeds = Array<UInt64>(1...15)

    /// Cuts a mesh of five in two and three for 20 s, heals, and gives the time until all views are equal.
    private func cutAndHeal(_ seed: UInt64, _ kind: MeshSimulator.Cut) -> Duration? {
        let mesh = MeshSimulator.formed(seed: seed, count: 5)
        mesh.oracle.excusesDeaths = true
        mesh.cut = { ($0 < 2) != ($1 < 2) ? kind : .open }
        mesh.run(for: .seconds(20))
        #expect(mesh.hosts[0].membership?.liveMemberCount == 2 && mesh.hosts[4].membership?.liveMemberCount == 3)
        mesh.heal()
        mesh.oracle.excusesDeaths = false
        let time = mesh.time(limit: .seconds(30)) { mesh.isConverged }
        mesh.run(for: .seconds(20))
        #expect(mesh.isConverged, "and stays so")
        #expect(mesh.oracle.complaints.isEmpty, "seed \(seed): \(mesh.oracle.complaints)")
        return time
    }

    @Test(arguments: [MeshSimulator.Cut.drop, .hold]) func viewsAreEqualWithinFiveSecondsOfAHeal(kind: MeshSimulator.Cut) {
        for seed in Self.seeds {
            let time = cutAndHeal(seed, kind)
            #expect(time != nil && time! <= .seconds(5), "seed \(seed): \(String(describing: time))")
        }
    }

    @Test func anIsolatedNodeAccusesNoOneAndComesBack() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.cut = { ($0 == 4) != ($1 == 4) ? .drop : .open }
            mesh.oracle.excusesDeaths = true
            mesh.run(for: .seconds(15))
            #expect(mesh.hosts[4].membership?.liveMemberCount == 5 && mesh.hosts[4].membership?.isLonely == true)
            #expect((0..<4).allSatisfy { mesh.status(of: 4, at: $0) == .dead })
            mesh.heal()
            mesh.oracle.excusesDeaths = false
            let time = mesh.time(limit: .seconds(30)) { mesh.isConverged }
            #expect(time != nil && time! <= .seconds(5), "seed \(seed): \(String(describing: time))")
            #expect(mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints)")
        }
    }

    @Test func aOneWayLinkKillsNobody() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.cut = { $0 == 1 && $1 == 3 ? .drop : .open }
            mesh.run(for: .seconds(60))
            #expect(mesh.oracle.complaints.isEmpty && mesh.isConverged, "seed \(seed): \(mesh.oracle.complaints)")
        }
    }

    /// It cannot answer, and grows quieter the sicker it feels: held dead in the end, and back within five seconds.
    @Test func aDeafNodeIsHeldDeadAndComesBack() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.oracle.excusesDeaths = true
            mesh.cut = { _, to in to == 2 ? .drop : .open }
            mesh.run(for: .seconds(20))
            #expect(mesh.isGoneEverywhere(2) && mesh.hosts[2].membership?.liveMemberCount == 5)
            mesh.heal()
            let time = mesh.time(limit: .seconds(30)) { mesh.isConverged }
            #expect(time != nil && time! <= .seconds(5), "seed \(seed): \(String(describing: time))")
            #expect(mesh.oracle.complaints.isEmpty, "seed \(seed): \(mesh.oracle.complaints)")
        }
    }

    @Test func aBridgeKeepsTheMeshTogether() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            // 0 and 1 on one side, 3 and 4 on the other; all reach 2.
            mesh.cut = { ($0 < 2 && $1 > 2) || ($0 > 2 && $1 < 2) ? .drop : .open }
            mesh.run(for: .seconds(60))
            #expect(mesh.oracle.complaints.isEmpty, "seed \(seed): \(mesh.oracle.complaints)")
        }
    }

    @Test func aTenthOfAllMessagesLostKillsNobody() {
        var suspicions = 0
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 10)
            mesh.loss = 0.1
            mesh.run(for: .seconds(120))
            suspicions += mesh.suspicions
            #expect(mesh.oracle.complaints.isEmpty, "seed \(seed): \(mesh.oracle.complaints)")
            mesh.loss = 0
            mesh.run(for: .seconds(6))
            #expect(mesh.isConverged)
        }
        #expect(suspicions > 0, "where nobody is accused nobody is acquitted")
    }

    @Test func aTotalBlackoutHeals() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.oracle.excusesDeaths = true
            mesh.cut = { _, _ in .drop }
            mesh.run(for: .seconds(90))
            mesh.heal()
            mesh.oracle.excusesDeaths = false
            let time = mesh.time(limit: .seconds(30)) { mesh.isConverged }
            #expect(time != nil && time! <= .seconds(5), "seed \(seed): \(String(describing: time))")
            #expect(mesh.oracle.complaints.isEmpty)
        }
    }
}
