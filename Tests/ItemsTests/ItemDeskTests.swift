import Items
import Registers
import Synchronization
import Testing
import WorkTestSupport
import World

/// What an edge is told: that all counts, that nothing does, or that nobody knows.
@Suite struct ItemDeskTests {
    /// Its clock goes only while somebody sleeps: a test that is kept from its processor loses no time.
    private let world = ClockedWorld()

    private func add(_ items: [Item], _ engine: MemoryEngine, within limit: Duration = .seconds(20)) async -> ItemGatewayError? {
        do throws(ItemGatewayError) {
            try await ItemDesk(engine: engine, world: world).add(items, ids: WorkIDGenerator(world), by: world.now + limit)
            return nil
        } catch {
            return error
        }
    }

    @Test func fewItemsOfOneTenantAreOneChange() async throws {
        let engine = MemoryEngine()
        #expect(await add(Scene.items(1, 100), engine) == nil)
        #expect(engine.events == ["add"])
        let desk = ItemDesk(engine: engine, world: world)
        #expect(try await desk.count("t0") == 100)
        #expect(try await desk.glance("t0") == ItemGlance(count: 100, version: 1))
        #expect(try await desk.count("nobody") == 0)
        #expect(try await desk.glance("nobody").count == 0)
        #expect(try await desk.count(String(repeating: "t", count: ItemLimits.tenantBytes + 1)) == 0)
        #expect(await add([], engine) == nil)
        #expect(engine.events == ["add"])
    }

    @Test(arguments: [(3, 4, 10), (1, 12, 3_000)])
    func moreIsDeliveredAndAllCountsWhenThatIsSaid(_ tenants: Int, _ each: Int, _ bytes: Int) async throws {
        let engine = MemoryEngine(), items = Scene.items(tenants, each, idBytes: bytes)
        #expect(await add(items, engine) == nil)
        #expect(engine.events.last == "seal" && engine.events.dropLast().allSatisfy { $0 == "load" })
        for tenant in 0..<tenants { #expect(try engine.count("t\(tenant)") == UInt64(each)) }
    }

    @Test func oneChangeThatFailsOrIsUnheardSaysWhich() async throws {
        for (fate, code, count) in [(MemoryEngine.Fate.failed, ItemGatewayError.Code.unavailable, UInt64(0)), (.unheard, .unknown, 5)] {
            let engine = MemoryEngine { _, _ in fate }
            let error = await add(Scene.items(1, 5), engine)
            #expect(error?.code == code && error?.retryAfterSeconds == 3)
            #expect(try engine.count("t0") == count)
        }
    }

    /// Before the seal nothing counts, whatever has become of what was loaded.
    @Test(arguments: [MemoryEngine.Fate.failed, .unheard])
    func aLoadThatIsNotAcknowledgedIsSurelyNotCounted(_ fate: MemoryEngine.Fate) async throws {
        let engine = MemoryEngine { event, number in event == "load" && number >= 3 ? fate : .done }
        #expect(await add(Scene.items(3, 12, idBytes: 3_000), engine)?.code == .unavailable)
        try engine.play()
        #expect(!engine.events.contains("seal"))
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 0) }
    }

    /// It gives way to another, though it was begun.
    @Test(arguments: [("load", 3), ("load", 1), ("seal", nil)] as [(String, Int?)], [MemoryEngine.Fate.failed, .unheard])
    func whatFailsOnceBeforeItIsSealedIsDoneByAnotherDelivery(
        _ failing: (event: String, number: Int?), _ fate: MemoryEngine.Fate
    ) async throws {
        let isOver = Mutex(false)
        let engine = MemoryEngine { event, number in
            guard event == failing.event, failing.number ?? number == number else { return .done }
            return isOver.withLock { isOver in
                defer { isOver = true }
                return isOver ? .done : fate
            }
        }
        let error = await add(Scene.items(3, 12, idBytes: 3_000), engine)
        if failing.event == "seal", case .unheard = fate {
            #expect(error?.code == .unknown, "it may be sealed, and is left at that")
            try engine.play()
            #expect(try engine.completed.count == 1)
        } else {
            #expect(error == nil)
            let completed = try engine.completed
            #expect(Set(engine.asked.map(\.delivery)).count == 2 && completed == [engine.asked.last?.delivery])
        }
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 12) }
    }

    /// Where a delivery lies says nothing of where its tenants do.
    @Test(arguments: 1...3, [RegisterError.Outcome.failed, .unknown])
    func aDeliveryThatDoesNotAnswerGivesWayToAnotherInTime(_ silent: Int, _ outcome: RegisterError.Outcome) async throws {
        let engine = MemoryEngine(silentDeliveries: silent, silence: outcome)
        #expect(await add(Scene.items(3, 12, idBytes: 3_000), engine) == nil)
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 12) }
        #expect(engine.deliveries.count == 1)
        let asked = engine.asked
        #expect(Set(asked.prefix(silent + 1).map(\.delivery)).count == silent + 1, "each is asked once")
        #expect(asked.prefix(min(silent + 1, 3)).allSatisfy { $0.patience <= .milliseconds(1_500) })
        #expect(asked.dropFirst(silent + 1).allSatisfy { $0.patience > .seconds(10) }, "one that answers has all the time")
    }

    @Test(arguments: [RegisterError.Outcome.failed, .unknown])
    func whereNoDeliveryAnswersNothingCounts(_ outcome: RegisterError.Outcome) async throws {
        let engine = MemoryEngine(silentDeliveries: .max, silence: outcome)
        let error = await add(Scene.items(3, 1), engine)
        #expect(error?.code == .unavailable && error?.retryAfterSeconds == 3)
        #expect(Set(engine.asked.map(\.delivery)).count == 4 && engine.asked.count == 4)
        #expect(engine.asked.last.map { $0.patience > .seconds(10) } == true, "the last one has all the time")
        #expect(engine.events.isEmpty)
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 0) }
    }

    @Test func aSealThatIsNotAcknowledgedSaysWhatIsKnownOfIt() async throws {
        for (fate, code, count) in [(MemoryEngine.Fate.failed, ItemGatewayError.Code.unavailable, UInt64(0)), (.unheard, .unknown, 2)] {
            let engine = MemoryEngine { event, _ in event == "seal" ? fate : .done }
            #expect(await add(Scene.items(2, 2), engine)?.code == code)
            try engine.play()
            #expect(try engine.count("t0") == count && engine.count("t1") == count)
        }
    }

    @Test func whatIsLateGoesOnAndIsUnknown() async throws {
        let engine = MemoryEngine()
        engine.holdLetters()
        let began = world.now, error = await add(Scene.items(2, 2), engine, within: .seconds(3))
        #expect(error?.code == .unknown && world.now - began >= .seconds(3))
        try engine.play()
        #expect(try engine.count("t0") == 2 && engine.count("t1") == 2)
    }

    /// Whoever was first may have died anywhere.
    @Test(arguments: ["load", "seal"], [MemoryEngine.Fate.failed, .unheard])
    func underTheSameIDsItIsTheSameDelivery(_ last: String, _ fate: MemoryEngine.Fate) async throws {
        let failing = Mutex(true)
        let engine = MemoryEngine { event, number in
            failing.withLock { $0 } && event == last && (event == "seal" || number > 1) ? fate : .done
        }
        let items = Scene.items(3, 12, idBytes: 3_000), desk = ItemDesk(engine: engine, world: world)
        func add() async throws { try await desk.add(items, ids: WorkIDSeries(from: Scene.id(7)), by: world.now + .seconds(20)) }
        await #expect(throws: ItemGatewayError.self) { try await add() }
        failing.withLock { $0 = false }
        try await add()
        try await add()
        #expect(try engine.completed == [Scene.delivery(7)])
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 12) }
    }

    /// It was begun and not completed in time, so nothing of it will count; another one is made, and the same by everybody.
    @Test(arguments: ["load", "seal"]) func whatOthersHaveAbandonedIsBegunAnew(_ last: String) async throws {
        let failing = Mutex(true), told = Mutex(0)
        let engine = MemoryEngine { event, _ in
            guard failing.withLock({ $0 }), event == last else { return .done }
            let number = told.withLock { told in
                told += 1
                return told
            }
            return last == "seal" || number > 1 ? .failed : .done
        }
        let items = Scene.items(3, 12, idBytes: 3_000), desk = ItemDesk(engine: engine, world: world)
        func add() async throws { try await desk.add(items, ids: WorkIDSeries(from: Scene.id(7)), by: world.now + .seconds(20)) }
        // Of those that cannot be sealed so many are made as are tried.
        let made = last == "seal" ? 4 : 1
        for begun in 1...2 {
            told.withLock { $0 = 0 }
            await #expect(throws: ItemGatewayError.self) { try await add() }
            #expect(engine.deliveries.count == begun * made)
            try engine.abandonWhatLoads()
        }
        failing.withLock { $0 = false }
        try await add()
        try await add()
        #expect(engine.deliveries.count == 2 * made + 1)
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 12) }
    }

    /// It is refused like one that was wrong, and it cannot be seen why.
    @Test func whatMayHaveBeenAbandonedIsBegunAnewToo() async throws {
        let failing = Mutex(true)
        let engine = MemoryEngine { event, number in failing.withLock { $0 } && event == "load" && number > 1 ? .failed : .done }
        let items = Scene.items(3, 12, idBytes: 3_000), desk = ItemDesk(engine: engine, world: world)
        func add() async throws { try await desk.add(items, ids: WorkIDSeries(from: Scene.id(7)), by: world.now + .seconds(20)) }
        await #expect(throws: ItemGatewayError.self) { try await add() }
        try engine.abandonWhatLoads()
        engine.hide(engine.deliveries)
        failing.withLock { $0 = false }
        try await add()
        #expect(engine.deliveries.count == 2)
        for tenant in 0..<3 { #expect(try engine.count("t\(tenant)") == 12) }
    }

    @Test func withoutTimeNothingIsBegun() async {
        let engine = MemoryEngine()
        #expect(await add(Scene.items(1, 1), engine, within: .zero)?.code == .unavailable)
        #expect(await add(Scene.items(2, 1), engine, within: .zero)?.code == .unavailable)
        #expect(engine.events.isEmpty)
    }

    @Test func whatCannotBeIsRefusedBeforeAnythingHappens() async {
        let engine = MemoryEngine(), good = Item(id: "a", tenant: "t")
        for wrong in [
            Item(id: "", tenant: "t"), Item(id: "a", tenant: ""),
            Item(id: "a", tenant: String(repeating: "t", count: ItemLimits.tenantBytes + 1)),
            Item(id: String(repeating: "x", count: ItemLimits.idBytes + 1), tenant: "t"),
        ] {
            #expect(await add([good, wrong], engine)?.code == .invalid)
        }
        let error = await add(Scene.items(ItemLimits.tenants + 1, 1), engine)
        #expect(error?.code == .invalid && error?.description.contains("1001 tenants in one request; at most 1000") == true)
        #expect(engine.events.isEmpty)
    }
}
