import Membership
import Mesh
import Registers
import World

/// What has become of a wish for other stores.
public enum StoreChangeOutcome: Hashable, Sendable {
    /// It is written down, or was before: shards are being carried over now.
    case underWay(PendingChange)
    /// It is written down, and nothing is to be carried over: the epoch in which it counts.
    case done(epoch: UInt64)
    /// Nothing had to be done, and why.
    case nothing(String)
}

extension ConfigurationKeeper {
    /// How often a wish is judged anew because others were faster.
    private static let attempts = 5

    /// Carries a wish out as far as writing it down: what follows goes by itself, whoever dies.
    ///
    /// What this node knows may be old. So it asks the register first, and the register refuses what does not follow from the newest.
    /// - Throws: ``StoreChangeRefusal`` for what is not to be done; ``Registers/RegisterError`` when the register cannot be had;
    ///   ``ConfigurationError`` when this node cannot keep what it finds there.
    func change(_ wish: StoreChange, patience: Duration) async throws -> StoreChangeOutcome {
        let deadline = node.world.now + patience
        for _ in 0..<Self.attempts {
            try await catchUp(deadline)
            guard let known = configuration else { break }
            switch wish.judge(known, await sights(wish), mutations: node.world.mutations) {
            case .nothing(let why): return .nothing(why)
            case .joined(let pending): return .underWay(pending)
            case .refused(let refusal): throw refusal
            case .write(let next): if let outcome = try await write(next, deadline) { return outcome }
            }
        }
        throw RegisterError(
            .notReady, .failed,
            configuration == nil ? "the mesh has not begun, as far as this node knows" : "others change the stores all the time",
            retryAfter: .seconds(1))
    }

    /// Goes by what the register shows.
    private func catchUp(_ deadline: Instant) async throws {
        let content: [UInt8]
        do throws(RegisterError) {
            content = try await engine.read(.configuration, query: [], patience: left(deadline))
        } catch {
            // Nothing was asked for yet that could have happened.
            throw RegisterError(error.code, .failed, error.sentence, retryAfter: error.retryAfter)
        }
        guard let newest = ConfigurationMachine.content(content), newest.epoch > configuration?.epoch ?? 0 else { return }
        try await adoptIfNewer(try MeshConfiguration(reading: newest.document))
    }

    /// Nil when another was written first.
    private func write(_ next: MeshConfiguration, _ deadline: Instant) async throws -> StoreChangeOutcome? {
        let command = ConfigurationMachine.command(after: next.epoch - 1, next.document)
        do throws(RegisterError) {
            _ = try await engine.change(.configuration, operation: nextOperation(), command: command, patience: left(deadline))
        } catch {
            if error.code == .refused { return nil }
            throw error
        }
        // It is written, whether this node can keep it or not.
        do { try await adoptIfNewer(next) } catch { log.error("\(error)") }
        return next.change.map { .underWay($0) } ?? .done(epoch: next.epoch)
    }

    private func left(_ deadline: Instant) -> Duration { max(deadline - node.world.now, .milliseconds(1)) }

    /// The members of this mesh. Whose store is to hold shards is asked itself: gossip may not know yet that its disk is another one. So
    /// are all who have to know a schema: their programs may be other ones.
    private func sights(_ wish: StoreChange) async -> [StoreSight] {
        var sights: [StoreSight] = []
        for member in node.members.members where isOfThisMesh(member) {
            let told = member.metadata, store = told.labels[Self.storeLabel].flatMap { StoreID($0) }
            let isAsked = member.status.isLive && (member.name == wish.newcomer || wish.concernsAll && store.map(holdsShards) == true)
            let report = isAsked ? await report(of: member.identity) : nil
            sights.append(
                StoreSight(
                    name: member.name, isLive: member.status.isLive && (report != nil || !isAsked),
                    hasRole: report.map { $0.store != nil } ?? told.roles.contains(TruthService.role),
                    store: report.map { $0.store.flatMap { StoreID($0) } } ?? store, capacity: Int(told.capacity), zone: told.zone,
                    schemas: report?.schemas))
        }
        return sights
    }

    private func holdsShards(_ store: StoreID) -> Bool { configuration?.names(store) == true }

    /// Nil when it does not answer.
    private func report(of member: NodeIdentity) async -> StoreReport? {
        if member == node.identity { return report }
        let system = node.system
        return try? await system.withDeadline(Self.patience) { try await system.singleton(ConfigurationDoor.self, on: member).report() }
    }

    // MARK: Progress

    /// What this node's replica has said of the reconfiguration that is under way.
    var ownProgress: ReconfigurationProgress? {
        guard let known = configuration, known.map.isJoint, let progress = engine.progress, progress.epoch == known.epoch
        else { return nil }
        return ReconfigurationProgress(
            epoch: progress.epoch, moving: progress.moving, carried: progress.carried, registers: progress.registers)
    }

    /// What is known at the home of the configuration; nil when nothing is under way, or the home says nothing.
    func progress() async -> ReconfigurationProgress? {
        guard configuration?.map.isJoint == true, let home = engine.home(of: .configuration) else { return nil }
        if home == node.identity { return ownProgress }
        let system = node.system
        return try? await system.withDeadline(Self.patience) {
            try await system.singleton(ConfigurationDoor.self, on: home).progress()
        }
    }
}
