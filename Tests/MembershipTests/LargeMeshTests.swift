import Membership
import TestSupport
import Testing
import World

/// 100 and 1,000 nodes, judged against what memberlist's LAN setting may send.
///
/// The budget per node and second: one probe (probe interval 1 s), one acknowledgement of the probe that reaches it in the mean, and gossip to
/// 3 nodes every 200 ms, 5 x 3 = 15: 17 packets of at most 1,400 bytes. Out of this come failed probes (3 requests, 3 relayed probes and their
/// answers each). State travels apart: memberlist sends its whole table both ways over TCP at every join and every 30 s (stretched with size: x 6
/// at 1,000 nodes), about 2 x 100 bytes x members.
@Suite(.serialized, .bounded) struct LargeMeshTests {
    static let packetsPerSecond = 17.0

    @Test func aHundredNodesFindOneAnotherLoseOneAndHeal() {
        for seed in [UInt64(1), 2, 3] {
            let mesh = MeshSimulator(seed: seed, count: 100)
            for i in 0..<100 { mesh.start(i) }
            let join = mesh.time(limit: .seconds(10)) { mesh.isConverged }
            #expect(join != nil && join! <= .seconds(3), "\(String(describing: join))")
            mesh.run(for: .seconds(15))

            mesh.resetTraffic()
            mesh.run(for: .seconds(20))
            let idle = mesh.traffic(over: .seconds(20))
            #expect(idle.packets <= 2.5 && idle.packetBytes <= 100 && idle.exchanges <= 1, "\(idle)")

            mesh.kill(99, refusing: true)
            let refused = mesh.time(limit: .seconds(10)) { mesh.isGoneEverywhere(99) }
            #expect(refused != nil && refused! <= .seconds(1), "\(String(describing: refused))")
            mesh.resetTraffic()
            mesh.kill(98, refusing: false)
            let silent = mesh.time(limit: .seconds(60)) { mesh.isGoneEverywhere(98) }
            #expect(silent != nil && silent! <= .seconds(8), "\(String(describing: silent))")
            #expect(mesh.traffic(over: silent ?? .seconds(60)).packets <= Self.packetsPerSecond)
            #expect(mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints)")

            mesh.oracle.excusesDeaths = true
            mesh.cut = { ($0 < 40) != ($1 < 40) ? .drop : .open }
            mesh.resetTraffic()
            // Half of the witnesses are behind the cut, so everybody feels sick and judges slowly.
            mesh.run(for: .seconds(60))
            #expect(mesh.hosts[0].membership?.liveMemberCount == 40 && mesh.hosts[50].membership?.liveMemberCount == 58)
            #expect(mesh.traffic(over: .seconds(60)).packets <= Self.packetsPerSecond)
            mesh.heal()
            let heal = mesh.time(limit: .seconds(30)) { mesh.isConverged }
            #expect(heal != nil && heal! <= .seconds(5), "\(String(describing: heal))")
            #expect(mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints)")
        }
    }

    @Test func aHundredNodesWithLossAndPausesHoldNobodyDead() {
        let mesh = MeshSimulator.formed(seed: 8, count: 100)
        mesh.loss = 0.05
        for round in 0..<20 {
            mesh.pause(round * 5, for: .seconds(2))
            mesh.run(for: .seconds(3))
        }
        #expect(mesh.suspicions > 0)
        #expect(mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints)")
        mesh.loss = 0
        mesh.run(for: .seconds(6))
        #expect(mesh.isConverged)
    }

    @Test func aThousandNodesConvergeWithinMemberlistsBudget() {
        let count = 1000
        let mesh = MeshSimulator(seed: 7, count: count)
        for i in 0..<count { mesh.start(i) }
        let join = mesh.time(step: .milliseconds(100), limit: .seconds(20)) { mesh.isConverged }
        let joined = mesh.traffic(over: join ?? .seconds(20))
        print("1,000 nodes: joined in \(String(describing: join)), per node and second \(joined)")
        #expect(join != nil && join! <= .seconds(5))
        #expect(joined.packets <= Self.packetsPerSecond + 1 && joined.packetBytes <= (Self.packetsPerSecond + 1) * 1400)
        // Each node has to learn a thousand records of about 100 bytes once.
        #expect(joined.exchangeBytes * (join?.seconds ?? 0) <= 200_000)
        mesh.run(for: .seconds(25))

        mesh.resetTraffic()
        mesh.run(for: .seconds(10))
        let idle = mesh.traffic(over: .seconds(10))
        print("1,000 nodes: at rest \(idle)")
        #expect(idle.packets <= Self.packetsPerSecond / 2 && idle.exchanges <= 1)

        mesh.resetTraffic()
        mesh.kill(999, refusing: true)
        let refused = mesh.time(limit: .seconds(10)) { mesh.isGoneEverywhere(999) }
        #expect(refused != nil && refused! <= .seconds(1), "\(String(describing: refused))")
        mesh.start(999)
        let restart = mesh.time(limit: .seconds(10)) { mesh.isConverged }
        #expect(restart != nil && restart! <= .seconds(3), "\(String(describing: restart))")
        mesh.kill(998, refusing: false)
        let silent = mesh.time(limit: .seconds(60)) { mesh.isGoneEverywhere(998) }
        #expect(silent != nil && silent! <= .seconds(12), "\(String(describing: silent))")
        print("1,000 nodes: refused \(String(describing: refused)), restart \(String(describing: restart)), silent \(String(describing: silent))")

        // One rack of twenty is cut off for a while.
        mesh.oracle.excusesDeaths = true
        mesh.cut = { ($0 < 20) != ($1 < 20) ? .drop : .open }
        mesh.run(for: .seconds(20))
        mesh.heal()
        let heal = mesh.time(step: .milliseconds(100), limit: .seconds(30)) { mesh.isConverged }
        print("1,000 nodes: healed in \(String(describing: heal))")
        #expect(heal != nil && heal! <= .seconds(6))
        #expect(mesh.oracle.complaints.isEmpty, "\(mesh.oracle.complaints.prefix(5))")
    }
}
