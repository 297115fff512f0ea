import Membership
import Testing
import World

/// Loss, pauses and one-way links in meshes of 3 to 1,000: nobody dies but the two that do, everybody hears of it, and when the trouble is
/// over all views are equal again.
///
/// That a probe can fail at all is asserted first. Without that the rest would prove nothing.
@Suite struct AdversityTests {
    struct Size: CustomTestStringConvertible {
        var count: Int
        var seeds: ClosedRange<UInt64>
        var duration: Duration
        /// Longest time until all know of a machine that vanished, when the trouble is in the network and when witnesses are stopped too.
        var silent: Duration
        var silentInPauses: Duration

        var testDescription: String { "\(count) nodes" }
    }

    static let small = [
        // The two that are left have only each other, are stopped again and again, and trust themselves as little as the silent third.
        Size(count: 3, seeds: 1...20, duration: .seconds(60), silent: .seconds(5), silentInPauses: .seconds(60)),
        Size(count: 10, seeds: 1...20, duration: .seconds(60), silent: .seconds(8), silentInPauses: .seconds(12)),
        Size(count: 100, seeds: 1...3, duration: .seconds(30), silent: .seconds(10), silentInPauses: .seconds(12)),
    ]

    @Test(arguments: small, Trouble.allCases) func aMeshInTroubleHoldsNobodyDeadButTheDead(size: Size, trouble: Trouble) {
        var suspicions = 0, pingRequests = 0
        var worst = (silent: Duration.zero, refused: Duration.zero, converged: Duration.zero)
        for seed in size.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: size.count, settle: .seconds(5))
            let seen = live(mesh, size, trouble)
            suspicions += seen.suspicions
            pingRequests += seen.pingRequests
            worst.silent = max(worst.silent, seen.silent ?? .zero)
            worst.refused = max(worst.refused, seen.refused ?? .zero)
            worst.converged = max(worst.converged, seen.converged ?? .zero)
        }
        #expect(pingRequests > 0)
        // Three nodes of which one does not hear another never need to doubt: the third hears both.
        #expect(suspicions > 0 || (trouble == .oneWayLinks && size.count == 3))
        print("\(size.count) nodes, \(trouble): \(suspicions) suspicions; at worst", worst)
    }

    @Test func aThousandNodesInTroubleHoldNobodyDeadButTheDead() {
        let size = Size(count: 1000, seeds: 7...7, duration: .seconds(10), silent: .seconds(12), silentInPauses: .seconds(15))
        let mesh = MeshSimulator.formed(seed: 7, count: size.count, settle: .seconds(15))
        for trouble in Trouble.allCases {
            let seen = live(mesh, size, trouble)
            #expect(seen.suspicions > 0 && seen.pingRequests > 0)
            print("1,000 nodes, \(trouble): \(seen)")
        }
    }

    private func live(_ mesh: MeshSimulator, _ size: Size, _ trouble: Trouble) -> Hardship {
        let seen = Hardship(trouble, in: mesh, for: size.duration)
        let silent = trouble == .pauses ? size.silentInPauses : size.silent
        #expect(seen.silent != nil && seen.silent! <= silent, "seed \(mesh.seed): \(String(describing: seen.silent))")
        if size.count > 3 {
            // Who was stopped hears of it when it wakes.
            let refused = Duration.seconds(trouble == .pauses ? 3 : 1)
            #expect(seen.refused != nil && seen.refused! <= refused, "seed \(mesh.seed): \(String(describing: seen.refused))")
        }
        #expect(seen.converged != nil && seen.converged! <= .seconds(5), "seed \(mesh.seed): \(String(describing: seen.converged))")
        // memberlist's budget, and for every probe that goes by another the request, the ping and the answers to both.
        let requests = Double(seen.pingRequests) / Double(size.count) / size.duration.seconds
        let packets = LargeMeshTests.packetsPerSecond + 4 * requests
        #expect(seen.traffic.packets <= packets, "seed \(mesh.seed): \(seen.traffic)")
        #expect(seen.traffic.packetBytes <= packets * 1400 && seen.traffic.exchanges <= 1, "seed \(mesh.seed): \(seen.traffic)")
        #expect(mesh.oracle.complaints.isEmpty, "seed \(mesh.seed): \(mesh.oracle.complaints.prefix(5))")
        return seen
    }
}
