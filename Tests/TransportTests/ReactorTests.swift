import Synchronization
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

    @Test func aLongTurnShowsInTheMetrics() async throws {
        try await withReactor { reactor, world in
            reactor.execute {
                let end = world.now + .milliseconds(20)
                while world.now < end {}
            }
            for _ in 0..<1000 where reactor.metrics.longestTurn < .milliseconds(20) { try await world.sleep(for: .milliseconds(2)) }
            #expect(reactor.metrics.longestTurn >= .milliseconds(20))
        }
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
