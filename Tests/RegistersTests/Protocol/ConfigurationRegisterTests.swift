import Registers
import Testing
import World

/// The register of the configuration: what is written there, and what a node does about it without being asked.
@Suite struct ConfigurationRegisterTests {
    private static func store(_ number: UInt64) -> StoreID { StoreID(high: 5, low: number) }

    private static func lists(_ numbers: [UInt64]) -> [[StoreID]] { Array(repeating: numbers.map(store), count: Shard.count) }

    private let first = ReplicaMap(replicas: lists([1, 2, 3]))
    private var joint: ReplicaMap { first.joint(with: Self.lists([1, 2, 4]), keepers: [1, 2, 4].map(Self.store)) }
    private let operation = WorkID("019a0000-0000-7000-8000-000000000001")

    private func view(_ state: [UInt8]) -> RegisterView {
        RegisterView(
            state: RegisterState(bytes: state), rows: LayeredRows(MemoryStore(MemoryDisk(id: Self.store(1))), .configuration))
    }

    // MARK: The machine

    @Test func oneConfigurationFollowsAnotherAndNoneIsPassedOver() throws {
        let machine = ConfigurationMachine()
        var view = view([])
        #expect(ConfigurationMachine.content(view.state) == nil)
        #expect(try machine.change(ConfigurationMachine.command(after: 1, [7]), &view) == [0, 0, 0, 0, 0, 0, 0, 2])
        let content = try #require(ConfigurationMachine.content(try machine.read([], view)))
        #expect(content.epoch == 2 && content.document == [7])
        for epoch in [0, 1, 3, UInt64(Int64.max)] as [UInt64] {
            let refusal = #expect(throws: MachineRefusal.self) { try machine.change(ConfigurationMachine.command(after: epoch, [8]), &view) }
            #expect(refusal.map { "\($0)".contains("epoch 2") } == true)
        }
        #expect(throws: MachineRefusal.self) { try machine.change([1, 2, 3], &view) }
        #expect(ConfigurationMachine.content(view.state)?.document == [7], "what was refused has changed nothing")
        _ = try machine.change(ConfigurationMachine.command(after: 2, []), &view)
        #expect(ConfigurationMachine.content(view.state)?.epoch == 3)
    }

    // MARK: The clerk

    private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

    private func progress(_ carried: Int, epoch: UInt64 = 2) -> RescanProgress {
        RescanProgress(epoch: epoch, moving: Shard.count + 1, carried: carried, registers: 5)
    }

    private func errand(
        _ clerk: inout ConfigurationClerk<ReplicaMap>, rank: Int? = 0, _ progress: RescanProgress? = nil, at now: Instant
    ) -> RegisterWish.Action? {
        guard let operation else { return nil }
        return clerk.errand(rank: rank, progress: progress, operation: operation, now: now)
    }

    private func ended(
        _ clerk: inout ConfigurationClerk<ReplicaMap>, _ action: RegisterWish.Action, _ result: Result<[UInt8], RegisterError>
    ) -> ReplicaMap? { clerk.ended(action, result) }

    private func adopt(_ map: ReplicaMap, _ clerk: inout ConfigurationClerk<ReplicaMap>) -> Bool { clerk.adopt(map) }

    @Test func theHomeReadsOnceASecondAndWhoHasNoReplicaNever() {
        var clerk = ConfigurationClerk(first)
        #expect(errand(&clerk, rank: nil, at: at(0)) == nil)
        #expect(errand(&clerk, at: at(0)) == .read([]))
        #expect(errand(&clerk, at: at(9)) == nil, "one errand at a time")
        #expect(ended(&clerk, .read([]), .success([])) == nil)
        #expect(errand(&clerk, at: at(0)) == nil)
        #expect(errand(&clerk, at: at(1)) == .read([]))
        // Somebody wrote a newer one, and died.
        let state = ConfigurationMachine.command(after: 1, joint.document)
        #expect(ended(&clerk, .read([]), .success(state)) == joint)
    }

    /// The home may live and be of no use.
    @Test func theNextOnesReadAndSettleMoreRarely() throws {
        var clerk = ConfigurationClerk(joint)
        #expect(errand(&clerk, rank: 1, at: at(0)) == .read([]))
        #expect(ended(&clerk, .read([]), .success([])) == nil)
        #expect(errand(&clerk, rank: 1, progress(Shard.count + 1), at: at(2)) == nil)
        guard case .change = try #require(errand(&clerk, rank: 1, progress(Shard.count + 1), at: at(3))) else {
            Issue.record("it does not settle what is carried")
            return
        }
    }

    @Test func whatIsCarriedIsSettledAndNothingBefore() throws {
        var clerk = ConfigurationClerk(first)
        #expect(adopt(joint, &clerk))
        #expect(!adopt(joint, &clerk))
        #expect(!adopt(first, &clerk))
        for unfinished in [nil, progress(0), progress(Shard.count), progress(Shard.count + 1, epoch: 1)] {
            #expect(errand(&clerk, unfinished, at: at(0)) == .read([]))
            #expect(ended(&clerk, .read([]), .failure(RegisterError(.noMajority, .failed, "no"))) == nil)
            clerk = ConfigurationClerk(joint)
        }
        #expect(errand(&clerk, rank: nil, progress(Shard.count + 1), at: at(0)) == nil)
        let action = try #require(errand(&clerk, progress(Shard.count + 1), at: at(0)))
        guard case .change(_, let command) = action, let content = ConfigurationMachine.content(command) else {
            Issue.record("\(action) is no change")
            return
        }
        #expect(content.epoch == 3 && ReplicaMap(document: content.document) == joint.settled())
        #expect(ended(&clerk, action, .success([])) == joint.settled())
    }

    /// The answer may come when the mesh is long further: another node has told of what was written, and the next change has begun.
    @Test func anAnswerThatComesLateMakesNothingUp() throws {
        var clerk = ConfigurationClerk(joint)
        let action = try #require(errand(&clerk, progress(Shard.count + 1), at: at(0)))
        #expect(adopt(joint.settled(), &clerk))
        #expect(ended(&clerk, action, .success([])) == joint.settled(), "it is what was written, and known by now")
        let next = joint.settled().joint(with: Self.lists([1, 2, 5]), keepers: [1, 2, 5].map(Self.store))
        clerk = ConfigurationClerk(joint)
        let again = try #require(errand(&clerk, progress(Shard.count + 1), at: at(0)))
        #expect(adopt(next, &clerk))
        let told = try #require(ended(&clerk, again, .success([])))
        #expect(told.epoch == 3)
        #expect(!adopt(told, &clerk))
    }

    @Test func whoWasRefusedReadsFirst() throws {
        var clerk = ConfigurationClerk(joint)
        let action = try #require(errand(&clerk, progress(Shard.count + 1), at: at(0)))
        #expect(ended(&clerk, action, .failure(RegisterError(.refused, .failed, "no"))) == nil)
        #expect(errand(&clerk, progress(Shard.count + 1), at: at(0)) == .read([]))
        #expect(ended(&clerk, .read([]), .success([])) == nil)
        #expect(errand(&clerk, progress(Shard.count + 1), at: at(0)) == action, "there was no newer one after all")
    }
}
