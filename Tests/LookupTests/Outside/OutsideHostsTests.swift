import Lookup
import Synchronization
import Testing
import World

/// The door with hosts that do what a test says, in virtual time.
@Suite struct OutsideHostsTests {
    private struct Broken: OutsideError, Equatable {
        let number: Int
        var verdict = OutsideVerdict.faulty("it broke", isTransient: true)
    }

    /// What was asked for when, and what then came of it.
    private struct Script: Sendable {
        let world: SimulatedWorld
        let hosts: OutsideHosts
        private let log = Log()

        private final class Log: Sendable { let times = Mutex<[Instant]>([]) }

        init(seed: UInt64 = 1, figures: OutsideFigures = OutsideFigures()) {
            world = SimulatedWorld(Simulation(seed: seed), name: "n")
            hosts = OutsideHosts(world: world, figures: figures)
        }

        var times: [Instant] { log.times.withLock { $0 } }

        /// Asks `a:1`; the answer is the number of the question.
        func ask(
            patience: Duration = .seconds(60), _ verdict: @escaping @Sendable (Int) -> OutsideVerdict
        ) async throws -> Int {
            try await hosts.ask(OutsideCall("a:1", patience: patience)) { _ in
                let number = log.times.withLock { times in
                    times.append(world.now)
                    return times.count
                }
                return OutsideAnswer(number, verdict(number))
            }
        }

        func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
            try world.simulation.run(in: world, body)
        }
    }

    private static let transient = OutsideVerdict.faulty("ServiceUnavailable", isTransient: true)

    @Test(arguments: 0..<20 as Range<UInt64>) func whatMayPassIsAskedForAgainAfterPausesWithFullJitter(_ seed: UInt64) throws {
        let script = Script(seed: seed, figures: OutsideFigures(attempts: 5, failures: 100))
        #expect(try script.run { try await script.ask { $0 < 4 ? Self.transient : .answered } } == 4)
        for (pause, longest) in zip(zip(script.times.dropFirst(), script.times).map { $0 - $1 }, [50, 100, 200]) {
            #expect(pause >= .zero && pause < .milliseconds(longest))
        }
        #expect(script.hosts.host("a:1")?.counts.retries == 3 && script.hosts.host("a:1")?.counts.failed == 3)
    }

    @Test func afterTheLastAttemptItIsAsItIs() throws {
        let script = Script()
        #expect(try script.run { try await script.ask { _ in Self.transient } } == 3, "three attempts")
        let errors = Script()
        let failure = try errors.run {
            await #expect(throws: Broken.self) {
                try await errors.hosts.ask(OutsideCall("a:1", patience: .seconds(60))) { _ -> OutsideAnswer<Int> in
                    throw Broken(number: errors.hosts.host("a:1")?.counts.failed ?? -1)
                }
            }
        }
        #expect(failure?.number == 2, "the last one's error")
    }

    @Test(arguments: [
        .answered, .faulty("InternalServerError", isTransient: false), .busy("TooManyRequests", rest: nil), .untold,
        .faulty("ServiceUnavailable", isTransient: true, rest: .seconds(60)),
    ] as [OutsideVerdict]) func whatIsCertainOrTooLateIsAskedForOnce(_ verdict: OutsideVerdict) throws {
        let script = Script()
        #expect(try script.run { try await script.ask { _ in verdict } } == 1)
        #expect(script.times.count == 1)
    }

    @Test func aHostThatNamesATimeIsAskedNoSooner() throws {
        let script = Script()
        _ = try script.run { try await script.ask { _ in .faulty("ServiceUnavailable", isTransient: true, rest: .seconds(7)) } }
        #expect(script.times.count == 3 && zip(script.times.dropFirst(), script.times).allSatisfy { $0 - $1 >= .seconds(7) })
    }

    /// The breaker opens within one question: its failure counts, not that it may not be asked again.
    @Test func theBreakerEndsARepetitionWithWhatTheHostSaid() throws {
        let script = Script(figures: OutsideFigures(attempts: 10, failures: 2))
        #expect(try script.run { try await script.ask { _ in Self.transient } } == 2)
        let refusal = try script.run {
            await #expect(throws: OutsideRefusal.self) { try await script.ask { _ in .answered } }
        }
        #expect(refusal?.host == "a:1" && script.times.count == 2)
        #expect(refusal?.description.hasPrefix("a:1 failed 2 times in a row, last: ServiceUnavailable; it is asked again in ") == true)
        #expect(try script.run {
            try await script.world.sleep(for: .seconds(1))
            return try await script.ask { _ in .answered }
        } == 3)
        #expect(script.hosts.host("a:1")?.breaker.phase == .closed)
    }

    /// - Parameter wait: how long the caller does.
    private func called(off wait: Duration) throws -> OutsideCounts? {
        let script = Script()
        _ = try script.run {
            let task = script.world.spawn("caller") {
                await #expect(throws: CancellationError.self) {
                    try await script.hosts.ask(OutsideCall("a:1", patience: .seconds(10))) { _ -> OutsideAnswer<Int> in
                        try await script.world.sleep(for: .seconds(3_600))
                        return OutsideAnswer(1)
                    }
                }
            }
            try await script.world.sleep(for: wait)
            task.cancel()
            await task.finished()
        }
        #expect(script.hosts.host("a:1")?.bulkhead.isIdle == true)
        return script.hosts.host("a:1")?.counts
    }

    @Test func whatIsCalledOffTellsOfTheHostOnlyAfterALongSilence() throws {
        let early = try called(off: .milliseconds(4_900)), late = try called(off: .milliseconds(5_100))
        #expect(early?.untold == 1 && early?.failed == 0)
        #expect(late?.untold == 0 && late?.failed == 1)
    }

    @Test func whoeverWaitsForAPlaceWaitsNoLongerThanItsPatience() throws {
        let script = Script(figures: OutsideFigures(calls: 1))
        let refusal = try script.run {
            let holder = script.world.spawn("holder") {
                _ = try? await script.hosts.ask(OutsideCall("a:1", patience: .seconds(100))) { _ in
                    try await script.world.sleep(for: .seconds(50))
                    return OutsideAnswer(0)
                }
            }
            while script.hosts.host("a:1") == nil { try await script.world.sleep(for: .milliseconds(1)) }
            let begun = script.world.now
            let refusal = await #expect(throws: OutsideRefusal.self) { try await script.ask(patience: .seconds(2)) { _ in .answered } }
            #expect(script.world.now - begun == .seconds(2))
            await holder.finished()
            #expect(try await script.ask { _ in .answered } == 1)
            return refusal
        }
        #expect(refusal?.reason == .late && refusal?.host == "a:1")
        #expect(script.hosts.host("a:1")?.counts.failed == 0, "the host has done nothing wrong")
    }

    /// Forty calls at once of two hosts, some of which fail, are called off, or have little patience: all end, there are never more than
    /// the places allow, and in the end nothing is left.
    @Test(arguments: 0..<40 as Range<UInt64>) func inAnyOrderAllEndAndThePlacesAreKept(_ seed: UInt64) throws {
        let world = SimulatedWorld(Simulation(seed: seed), name: "n")
        let figures = OutsideFigures(calls: 3, waiting: 10, failures: 4)
        let hosts = OutsideHosts(world: world, figures: figures)
        let inside = Mutex<[String: Int]>([:]), most = Mutex(0), ended = Mutex(0)
        try world.simulation.run(in: world) {
            var dice = world.random("dice"), callers: [SpawnedTask] = []
            for _ in 0..<40 {
                let host = ["a:1", "b:1"][dice.below(2)], length = Duration.milliseconds(dice.below(400)), fate = dice.below(4)
                let call = OutsideCall(host, patience: .milliseconds(1 + dice.below(1_500)))
                try await world.sleep(for: .milliseconds(dice.below(20)))
                callers.append(world.spawn("caller") {
                    _ = try? await hosts.ask(call) { _ in
                        let now = inside.withLock { inside in
                            inside[host, default: 0] += 1
                            return inside[host] ?? 0
                        }
                        most.withLock { $0 = max($0, now) }
                        defer { inside.withLock { $0[host, default: 0] -= 1 } }
                        try await world.sleep(for: length)
                        return OutsideAnswer(0, fate == 0 ? Self.transient : .answered)
                    }
                    ended.withLock { $0 += 1 }
                })
                if dice.below(5) == 0 { callers[dice.below(callers.count)].cancel() }
            }
            for caller in callers { await caller.finished() }
        }
        #expect(ended.withLock { $0 } == 40 && most.withLock { $0 } <= 3)
        #expect(hosts.hosts.map(\.name) == ["a:1", "b:1"])
        #expect(hosts.hosts.allSatisfy { $0.host.bulkhead.isIdle })
        #expect(inside.withLock { $0.values.allSatisfy { $0 == 0 } })
    }

    @Test func callsForWhichThereWasNoRoomAreCounted() throws {
        let script = Script(figures: OutsideFigures(hosts: 1))
        _ = try script.run {
            _ = try await script.hosts.ask(OutsideCall("a:1", patience: .seconds(1))) { _ in
                await #expect(throws: OutsideRefusal.self) {
                    try await script.hosts.ask(OutsideCall("b:2", patience: .seconds(1))) { _ in OutsideAnswer(1) }
                }
                return OutsideAnswer(1)
            }
        }
        #expect(script.hosts.metrics.first { $0.name == "gossamer_outside_crowded_total" }?.value == 1)
    }

    @Test func theMetricsTellOfEachHost() throws {
        let script = Script(figures: OutsideFigures(failures: 3))
        _ = try script.run {
            _ = try await script.ask { _ in Self.transient }
            _ = try? await script.ask { _ in .answered }
            _ = try await script.hosts.ask(OutsideCall("b:2", patience: .seconds(1))) { _ in OutsideAnswer(1) }
        }
        func value(_ name: String, _ host: String, _ outcome: String? = nil) -> Double? {
            let labels = [MetricSample.Label("host", host)] + (outcome.map { [MetricSample.Label("outcome", $0)] } ?? [])
            return script.hosts.metrics.first { $0.name == "gossamer_outside_" + name && $0.labels == labels }?.value
        }
        #expect(value("calls_total", "a:1", "failed") == 3 && value("calls_total", "a:1", "refused-open") == 1)
        #expect(value("retries_total", "a:1") == 2 && value("breaker_state", "a:1") == 2 && value("waiting", "a:1") == 0)
        #expect(value("calls_total", "b:2", "answered") == 1 && value("breaker_state", "b:2") == 0 && value("running", "b:2") == 0)
        #expect(value("breaker_openings_total", "a:1") == 1 && value("breaker_openings_total", "b:2") == 0)
        #expect(value("places", "a:1") == Double(OutsideFigures().calls))
        #expect(script.hosts.metrics.count == 2 * 12 + 1)
    }
}
