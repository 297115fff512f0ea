import Choreography
import Membership
import Mesh
import Registers
import TestSupport
import Testing
import Truth
import World

/// Rings when it was told to, and remembers when that was by the clock of its home.
private enum Alarm: DurableActor {
    struct State: Codable, Sendable { var rungAtMs: [Int64] = [] }
    struct Wind: DurableEvent {
        static let name = "wind"
        let atMs: Int64
    }
    struct Ring: DurableEvent { static let name = "ring" }

    static let kind = "alarm"
    static var blank: State { State() }
    static var rules: [Rule<Alarm>] {
        [
            .on(Wind.self, .note, from: [.outside], timers: [Ring.self]) { wind, _, next in
                try next.setTimer("ring", at: WallTime(millisecondsSince1970: wind.atMs), Ring())
            },
            .on(Ring.self, .note, from: [.timer]) { _, state, next in state.rungAtMs.append(next.now.millisecondsSince1970) },
        ]
    }
}

/// A timer whose home has a wrong wall clock, in whole nodes: it fires when it is due, and nowhere by that clock.
@Suite struct WrongClockTests {
    private static let work = WorkID(milliseconds: 1_767_225_600_000, randomA: 1, randomB: 1)

    private struct Rung: Equatable {
        let atMs: Int64
        let host: String
    }

    private func wind(_ alarm: ActorName, at time: WallTime, in mesh: SimulatedTruth) throws {
        try mesh.ask(at: "n2") { truth in
            _ = try await truth.actors.tell(Alarm.Wind(atMs: time.millisecondsSince1970), to: alarm, as: Self.work, operation: nil)
        }
    }

    /// When and where it has rung, by the clock of whoever was home then.
    private func rings(_ alarm: ActorName, in mesh: SimulatedTruth) throws -> [Rung] {
        let entries = try mesh.ask(at: "n3") { truth in try await truth.actors.trace(of: Self.work, by: alarm) }
        return entries.filter { $0.event == "ring" }.map { Rung(atMs: $0.atMs, host: String($0.host.prefix { $0 != "/" })) }
    }

    private func after(_ time: Duration, in mesh: SimulatedTruth) -> WallTime {
        WallTime(nanosecondsSince1970: mesh.truth.nanosecondsSince1970 + time.nanoseconds)
    }

    private func expectOneRing(_ alarm: ActorName, at due: WallTime, notAt wrong: String, in mesh: SimulatedTruth, _ context: String) throws {
        mesh.run(until: WallTime(millisecondsSince1970: due.millisecondsSince1970 - 100))
        #expect(try rings(alarm, in: mesh).isEmpty, "\(context): not early")
        mesh.run(until: WallTime(millisecondsSince1970: due.millisecondsSince1970 + 1_000))
        let rings = try rings(alarm, in: mesh)
        #expect(rings.count == 1 && rings.allSatisfy { $0.host != wrong }, "\(context): \(rings)")
        #expect(rings.allSatisfy { $0.atMs >= due.millisecondsSince1970 }, "\(context): \(rings)")
        mesh.simulation.run(for: .seconds(10))
        #expect(try self.rings(alarm, in: mesh).count == 1, "\(context): once")
    }

    @Test(arguments: [3, 5], [5, -5]) func anotherFiresItWhenItIsDueAndTheHomeAgainWhenItsClockIsRight(stores: Int, seconds: Int) throws {
        for seed in UInt64(1)...3 {
            let mesh = try SimulatedTruth(seed: seed, stores: stores, actors: [Alarm.self])
            let alarm = try mesh.actor(Alarm.kind, at: "n1"), context = "seed \(seed)"
            mesh.setClock(of: "n1", ahead: .seconds(seconds))
            mesh.simulation.run(for: .seconds(3))
            let due = after(.seconds(10), in: mesh)
            try wind(alarm, at: due, in: mesh)
            try expectOneRing(alarm, at: due, notAt: "n1", in: mesh, context)
            #expect(mesh["n1"].log.all.contains { $0.hasPrefix("the wall clock is") && $0.contains("fires no timers") })
            #expect(mesh.seats.values.allSatisfy { $0.truth.explain(alarm.key)?.home?.name != "n1" })
            mesh.setClock(of: "n1", ahead: .zero)
            mesh.simulation.run(for: .seconds(3))
            #expect(mesh.seats.values.allSatisfy { $0.truth.explain(alarm.key)?.home?.name == "n1" }, "\(context)")
            try wind(alarm, at: after(.seconds(2), in: mesh), in: mesh)
            mesh.simulation.run(for: .seconds(4))
            #expect(try rings(alarm, in: mesh).map(\.host).last == "n1", "\(context): it fires again")
            #expect(try rings(alarm, in: mesh).count == 2, "\(context)")
        }
    }

    /// At the moment at which the clock is set the timer is due by it, and nobody else knows anything yet.
    @Test func aClockThatIsSetFarAheadFiresNothing() throws {
        for seed in UInt64(1)...5 {
            let mesh = try SimulatedTruth(seed: seed, stores: 3, actors: [Alarm.self])
            let alarm = try mesh.actor(Alarm.kind, at: "n1"), due = after(.seconds(60), in: mesh)
            try wind(alarm, at: due, in: mesh)
            mesh.simulation.run(for: .milliseconds(Int64(seed) * 130))
            mesh.setClock(of: "n1", ahead: .seconds(7_200))
            try expectOneRing(alarm, at: due, notAt: "n1", in: mesh, "seed \(seed)")
        }
    }

    @Test(arguments: [7_200, -7_200]) func aNodeThatStartsWithAWrongClockFiresNothing(seconds: Int) throws {
        for seed in UInt64(1)...5 {
            let mesh = try SimulatedTruth(seed: seed, stores: 3, actors: [Alarm.self])
            let alarm = try mesh.actor(Alarm.kind, at: "n1"), due = after(.seconds(30), in: mesh)
            try wind(alarm, at: due, in: mesh)
            mesh.simulation.run(for: .seconds(1))
            try mesh.restart("n1", wallAhead: .seconds(seconds))
            try expectOneRing(alarm, at: due, notAt: "n1", in: mesh, "seed \(seed)")
            #expect(mesh["n1"].node.clockVerdict.isOff)
        }
    }
}
