import Logging
import Synchronization
import TestSupport
import Testing
import Transport
import World

@Suite struct ReactorTests {
    /// Runs on the loop, and takes part in it.
    actor Guest: LoopParticipant {
        nonisolated let loop: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        var turns = 0
        var due = Instant.distantFuture
        var fired: [Instant] = []

        init(_ loop: Reactor) { self.loop = loop }

        func join() { loop.attach(self) }
        func setAlarm(_ instant: Instant) { due = instant }

        nonisolated func turn(now: Instant) -> Bool {
            assumeIsolated { guest in
                guest.turns += 1
                guard guest.due <= now else { return false }
                guest.fired.append(now)
                guest.due = .distantFuture
                return true
            }
        }
        nonisolated func flush(now: Instant) {}
        nonisolated var nextDeadline: Instant { assumeIsolated { $0.due } }
    }

    private func withReactor(_ body: (Reactor, SystemWorld) async throws -> Void) async rethrows {
        let world = SystemWorld()
        let reactor = Reactor(name: "test", world: world)
        reactor.start()
        try await body(reactor, world)
        reactor.stop()
        reactor.join()
    }

    @Test func closuresRunInTheOrderTheyCame() async {
        await withReactor { reactor, _ in
            let seen = Mutex<[Int]>([])
            await withCheckedContinuation { continuation in
                for number in 0..<5000 {
                    reactor.execute {
                        seen.withLock { $0.append(number) }
                        if number == 4999 { continuation.resume() }
                    }
                }
            }
            #expect(seen.withLock { $0 } == Array(0..<5000))
        }
    }

    @Test func anActorOnTheLoopIsIsolatedThereAndNowhereElse() async {
        await withReactor { reactor, _ in
            let guest = Guest(reactor)
            await guest.join()
            #expect(!reactor.isCurrent)
            #expect(reactor.isIsolatingCurrentContext() == false)
            await withCheckedContinuation { continuation in
                reactor.execute {
                    #expect(reactor.isCurrent)
                    guest.assumeIsolated { $0.turns = 1_000_000 }
                    continuation.resume()
                }
            }
            #expect(await guest.turns >= 1_000_000)
        }
    }

    @Test func aSleepingLoopWakesForADeadlineAndForAnybody() async throws {
        try await withReactor { reactor, world in
            let guest = Guest(reactor)
            await guest.join()
            let alarm = world.now + .milliseconds(30)
            await guest.setAlarm(alarm)
            for _ in 0..<1000 where await guest.fired.isEmpty { try await world.sleep(for: .milliseconds(5)) }
            let fired = try #require(await guest.fired.first)
            #expect(fired >= alarm)
            let turns = await guest.turns
            reactor.wake()
            for _ in 0..<1000 where await guest.turns == turns { try await world.sleep(for: .milliseconds(1)) }
            #expect(await guest.turns > turns)
        }
    }

    @Test func anIdleLoopSleeps() async throws {
        try await withReactor { reactor, world in
            let guest = Guest(reactor)
            await guest.join()
            try await world.sleep(for: .milliseconds(50))
            let before = reactor.metrics.turns
            try await world.sleep(for: .milliseconds(200))
            #expect(reactor.metrics.turns == before)
        }
    }

    @Test func aBacklogOfJobsKeepsNobodyElseWaiting() async {
        await withReactor { reactor, _ in
            let guest = Guest(reactor)
            await guest.join()
            let count = 50_000
            let turns = await withCheckedContinuation { continuation in
                reactor.execute {
                    let before = guest.assumeIsolated { $0.turns }
                    for number in 1...count {
                        reactor.execute {
                            if number == count { continuation.resume(returning: guest.assumeIsolated { $0.turns } - before) }
                        }
                    }
                }
            }
            #expect(turns >= count / Reactor.jobsPerTurn)
        }
    }

    @Test func whatIsQueuedWhenTheLoopStopsStillRuns() async {
        let world = SystemWorld()
        let reactor = Reactor(name: "test", world: world)
        let count = Atomic<Int>(0)
        reactor.start()
        for _ in 0..<100 { reactor.execute { count.add(1, ordering: .relaxed) } }
        reactor.stop()
        reactor.join()
        #expect(count.load(ordering: .relaxed) == 100)
    }

    @Test func anActorOfALoopThatHasEndedStillAnswers() async throws {
        let world = SystemWorld()
        let reactor = Reactor(name: "test", world: world)
        reactor.start()
        let guest = Guest(reactor)
        await guest.join()
        reactor.stop()
        reactor.join()
        let answers = Atomic<Int>(0)
        for _ in 0..<100 {
            world.spawn("late") {
                await guest.increment()
                answers.add(1, ordering: .sequentiallyConsistent)
            }
        }
        for _ in 0..<1000 where answers.load(ordering: .sequentiallyConsistent) < 100 { try await world.sleep(for: .milliseconds(5)) }
        #expect(answers.load(ordering: .sequentiallyConsistent) == 100)
        #expect(!reactor.isCurrent)
    }

    @Test func aLongTurnShowsInTheMetrics() async throws {
        try await withReactor { reactor, world in
            reactor.execute {
                let end = world.now + .milliseconds(20)
                while world.now < end {}
            }
            for _ in 0..<1000 where reactor.metrics.longestTurn < .milliseconds(20) { try await world.sleep(for: .milliseconds(2)) }
            #expect(reactor.metrics.longestTurn >= .milliseconds(20))
            #expect(reactor.metrics.longTurns >= 1)
        }
    }

    @Test func aLongTurnIsLoggedOnceAMinuteWithItsLength() async throws {
        let (world, logs) = (SystemWorld(), LogLines())
        let reactor = Reactor(name: "test", world: world, log: Logger(label: "test") { _ in logs })
        reactor.start()
        for count in 1...2 {
            reactor.execute {
                let end = world.now + .milliseconds(30)
                while world.now < end {}
            }
            for _ in 0..<1000 where reactor.metrics.longTurns < count { try await world.sleep(for: .milliseconds(2)) }
        }
        reactor.stop()
        reactor.join()
        #expect(logs.all.count == 1)
        #expect(logs.all.first?.contains("a turn of the event loop test took 0.0") == true, "\(logs.all)")
        #expect(logs.all.first?.contains("ran 1 jobs") == true, "\(logs.all)")
    }

    @Test func manyThreadsMayHandInAtOnce() async {
        await withReactor { reactor, _ in
            let guest = Guest(reactor)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask { for _ in 0..<200 { await guest.increment() } }
                }
            }
            #expect(await guest.turns == 64 * 200)
        }
    }
}

extension ReactorTests.Guest {
    func increment() { turns += 1 }
}
