import Registers
import Synchronization
import TestSupport
import Testing
import Truth
import World

/// What waits for a replica, and whom a node asks.
@Suite struct ReplicaInboxTests {
    private static let frame = ReplicaInput.frame(RegisterFrame(sender: storeID(1), life: 1, commit: 0, items: []))

    @Test func framesBeyondTheLimitAreDroppedAndCounted() async throws {
        let inbox = ReplicaInbox()
        for _ in 0..<ReplicaInbox.frameLimit + 3 { #expect(inbox.put(Self.frame)) }
        #expect(inbox.dropped == 3)
        #expect(await inbox.take()?.count == ReplicaInbox.frameLimit)
        // There is room again.
        #expect(inbox.put(Self.frame))
        #expect(inbox.dropped == 3)
        #expect(await inbox.take()?.count == 1)
    }

    @Test func whatMustNotBeLostFitsBesideAnyNumberOfFrames() async throws {
        let inbox = ReplicaInbox()
        for _ in 0..<ReplicaInbox.frameLimit { inbox.put(Self.frame) }
        for input in [ReplicaInput.committed, .tick, .seen(live: [], gone: [])] { #expect(inbox.put(input)) }
        #expect(await inbox.take()?.count == ReplicaInbox.frameLimit + 3)
    }

    @Test func whoWaitsIsWokenByWhatComes() async throws {
        let inbox = ReplicaInbox(), world = SystemWorld(), taken = Mutex<[Int?]>([])
        world.spawn("taker") {
            for _ in 0..<2 {
                let inputs = await inbox.take()
                taken.withLock { $0.append(inputs?.count) }
            }
        }
        try await world.sleep(for: .milliseconds(20))
        inbox.put(.tick)
        try await eventually("the first is taken") { taken.withLock { $0 } == [1] }
        inbox.close()
        try await eventually("the end is noticed") { taken.withLock { $0 } == [1, nil] }
    }

    @Test func aClosedInboxTakesAndGivesNothing() async {
        let inbox = ReplicaInbox()
        inbox.put(.tick)
        inbox.close()
        #expect(!inbox.put(.tick) && !inbox.put(Self.frame))
        #expect(await inbox.take() == nil)
    }
}

@Suite struct RouterTests {
    private let map = ReplicaMap(epoch: 1, replicas: Array(repeating: [storeID(1), storeID(2), storeID(3)], count: Shard.count))

    @Test func theFirstLiveReplicaIsTheHome() throws {
        let key = try #require(RegisterKey("kv/a"))
        func home(_ live: UInt64...) -> StoreID? { Router(map: map, live: Set(live.map(storeID))).home(of: key) }
        #expect(home(1, 2, 3) == storeID(1))
        #expect(home(2, 3) == storeID(2))
        #expect(home(3) == storeID(3))
        #expect(home() == nil)
        // A store that lives and holds no replica is none.
        #expect(home(9) == nil)
    }

    @Test func whoseClockIsOffIsAskedAfterThoseWhoseClocksAreRight() throws {
        let key = try #require(RegisterKey("kv/a"))
        func router(_ live: [UInt64], astray: [UInt64]) -> Router {
            Router(map: map, live: Set(live.map(storeID)), astray: Set(astray.map(storeID)))
        }
        #expect(router([1, 2, 3], astray: [1]).candidates(for: key) == [2, 3, 1].map(storeID))
        #expect(router([1, 2, 3], astray: [1]).home(of: key) == storeID(2))
        #expect(router([1, 3], astray: [1, 3]).candidates(for: key) == [1, 3, 2].map(storeID))
        #expect(router([1, 3], astray: [1, 3]).home(of: key) == storeID(1), "nobody else is there")
        #expect(router([3], astray: [1, 2]).home(of: key) == storeID(3))
    }

    @Test func theLivingAreAskedFirstAndTheOthersAfterThem() throws {
        let key = try #require(RegisterKey("kv/a"))
        func asked(_ live: UInt64...) -> [StoreID] { Router(map: map, live: Set(live.map(storeID))).candidates(for: key) }
        #expect(asked(1, 2, 3) == [1, 2, 3].map(storeID))
        #expect(asked(3) == [3, 1, 2].map(storeID))
        #expect(asked(2, 3) == [2, 3, 1].map(storeID))
        #expect(asked() == [1, 2, 3].map(storeID))
    }
}

@Suite struct RegisterOrderTests {
    private let ids = WorkIDGenerator(SystemWorld())

    @Test func anOrderSaysWhatWasWished() throws {
        let id = ids.next()
        let keys = [try #require(RegisterKey("kv/a")), RegisterKey(kind: "job", of: id)]
        for key in keys {
            let actions: [RegisterWish.Action] = [
                .read([1, 2]), .change(operation: id, command: [3]), .glance([4], seen: nil), .glance([], seen: 7),
            ]
            for action in actions {
                let order = RegisterOrder(key, action, patience: .milliseconds(250))
                #expect(order.key == key && order.key?.hour == key.hour && order.action == action && order.patienceMs == 250)
            }
            #expect(RegisterOrder(key, .look([1]), patience: .seconds(1)).action == .read([1]), "another node's home is asked for a read")
        }
    }

    @Test func patienceThatNoNumberHoldsIsCut() throws {
        let key = try #require(RegisterKey("kv/a"))
        #expect(RegisterOrder(key, .read([]), patience: .seconds(Int64.max / 1_000)).patienceMs > 0)
    }
}

@Suite struct KeyValueTests {
    /// Refuses everything, so that what is refused before it is told apart.
    private struct NoEngine: RegisterEngine {
        func change(_ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            throw RegisterError(.notReady, .failed, "\(key) was asked for")
        }

        func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            throw RegisterError(.notReady, .failed, "\(key) was asked for")
        }

        func glance(
            _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
        ) async throws(RegisterError) -> RegisterGlance {
            throw RegisterError(.notReady, .failed, "\(key) was asked for")
        }
    }

    private func put(_ name: String, _ bytes: Int) async -> RegisterError? {
        do {
            let id = WorkIDGenerator(SystemWorld()).next()
            try await KeyValue(engine: NoEngine()).put(name, Array(repeating: 1, count: bytes), operation: id, patience: .seconds(1))
            return nil
        } catch {
            return error
        }
    }

    @Test func namesAndValuesWithinTheLimitsReachTheEngine() async {
        for (name, bytes) in [("a", 0), (String(repeating: "n", count: 256), 64 << 10), ("a/b c\u{1F600}", 1)] {
            #expect(await put(name, bytes)?.code == .notReady)
        }
    }

    @Test func namesAndValuesBeyondThemAreRefusedWithTheirSize() async {
        for (name, bytes, said) in [("", 1, "0"), (String(repeating: "é", count: 129), 1, "258"), ("a", 64 << 10 + 1, "\(64 << 10 + 1)")] {
            let error = await put(name, bytes)
            #expect(error?.code == .tooLarge && error?.outcome == .failed && error?.sentence.contains(said) == true, "\(String(describing: error))")
        }
    }

    @Test func aRegisterOfAnUnknownKindIsRefusedByName() throws {
        let book = MachineBook(machines: [KeyValueMachine.kind: KeyValueMachine()])
        let view = try emptyView(of: "later/x")
        let refusal = #expect(throws: MachineRefusal.self) { try book.read([], view) }
        #expect(refusal?.sentence.contains("\"later\"") == true)
        #expect(try book.read([], try emptyView(of: "kv/x")) == [])
    }

    @Test func whatComesToWorkThatHasEndedIsAnsweredByItsOwnMachine() throws {
        struct Ended: RegisterMachine {
            func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] { [] }
            func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { [7] }
            func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { [] }
        }
        let book = MachineBook(machines: [KeyValueMachine.kind: KeyValueMachine(), "job": Ended()])
        #expect(try book.late([], try emptyView(of: "job/x")) == [7])
        #expect(throws: MachineRefusal.self) { try book.late([], try emptyView(of: "kv/x")) }
    }

    @Test func valuesUnderNamesAndUnknownKindsAreNotListedAmongWork() throws {
        let book = MachineBook(machines: [KeyValueMachine.kind: KeyValueMachine(), "count": Counter()])
        let listed = try ["kv/x", "count/x", "later/x", "count"].map { book.isListed(try #require(RegisterKey($0))) }
        #expect(listed == [false, true, false, true])
    }

    private func emptyView(of name: String) throws -> RegisterView {
        let key = try #require(RegisterKey(name)), store = MemoryStore(MemoryDisk(id: storeID(1)))
        return RegisterView(state: .empty, rows: LayeredRows(store, key))
    }
}

@Suite struct ListOrderTests {
    @Test func anOrderSaysWhatIsToBeListed() {
        for which in [RegisterListing.Which.all, .open, .due(by: 7), .someday] {
            let listing = RegisterListing(kind: "job", which: which, before: [1, 2], query: [3], limit: 4)
            let order = ListOrder(listing, patience: .milliseconds(250))
            #expect(order.listing == listing && order.patienceMs == 250)
        }
        #expect(ListOrder(RegisterListing(), patience: .zero).listing == RegisterListing())
    }
}
