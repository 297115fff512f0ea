import Membership
import Testing
import World

/// Simulations of 2 to 10 nodes, each over many seeds.
@Suite struct SmallMeshTests {
    static let seeds = Array<UInt64>(1...40)

    @Test func fiveNodesSeeEachOtherWithinASecond() {
        for seed in Self.seeds {
            let mesh = MeshSimulator(seed: seed, count: 5)
            for i in 0..<5 { mesh.start(i) }
            let time = mesh.time(limit: .seconds(5)) { mesh.isConverged }
            #expect(time != nil && time! <= .seconds(1), "seed \(seed): \(String(describing: time))")
        }
    }

    @Test func aKilledProcessIsKnownDeadToAllWithinASecond() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.kill(3, refusing: true)
            let time = mesh.time(limit: .seconds(10)) { mesh.isGoneEverywhere(3) }
            #expect(time != nil && time! <= .seconds(1), "seed \(seed): \(String(describing: time))")
            #expect(mesh.oracle.falseDeaths.isEmpty)
        }
    }

    @Test func aSilentlyVanishedMachineIsKnownDeadToAllWithinFiveSeconds() {
        var worst = Duration.zero
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            mesh.run(for: .milliseconds(Int64(seed) * 37))
            mesh.kill(3, refusing: false)
            let time = mesh.time(limit: .seconds(20)) { mesh.isGoneEverywhere(3) }
            #expect(time != nil && time! <= .seconds(5), "seed \(seed): \(String(describing: time))")
            worst = max(worst, time ?? .zero)
            #expect(mesh.oracle.falseDeaths.isEmpty, "\(mesh.oracle.falseDeaths)")
        }
        print("silent vanish, worst of \(Self.seeds.count):", worst)
    }

    @Test func aStopOfTwoSecondsKillsNobody() {
        for seed in Self.seeds {
            let mesh = MeshSimulator.formed(seed: seed, count: 5)
            for round in 0..<4 {
                mesh.pause(Int(seed) % 5, for: .seconds(2))
                mesh.run(for: .milliseconds(5000 + Int64(seed) * 13 + Int64(round) * 211))
            }
            #expect(mesh.oracle.falseDeaths.isEmpty, "seed \(seed): \(mesh.oracle.falseDeaths)")
            #expect(mesh.isConverged)
        }
    }
}
