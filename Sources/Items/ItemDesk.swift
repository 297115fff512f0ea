import Choreography
import Registers
import World

/// Items of the mesh, as an edge reaches them.
public struct ItemDesk: ItemGateway {
    /// How long a count may take.
    public static let patience = Duration.seconds(5)
    /// How long a replica is trusted to tell of news of a delivery, before a majority is asked.
    private static let look = Duration.milliseconds(500)
    /// How many deliveries are tried under ids that others have begun with.
    private static let deliveries = 16
    /// How many deliveries are tried whose registers do not answer. The id of each lies in another shard, mostly.
    private static let shards = 4
    /// How long the register of a delivery may take to say that it is there, before another is tried; the last one has all that is left.
    private static let trial = Duration.milliseconds(1_500)
    /// Between two looks that say nothing.
    private static let pause = Duration.milliseconds(50)

    private let actors: DurableActors
    private let world: any World

    /// - Parameter engine: of registers whose machines know tenants and deliveries.
    public init(engine: any RegisterEngine, world: any World) {
        actors = DurableActors(engine: engine)
        self.world = world
    }

    public func count(_ tenant: String) async throws(ItemGatewayError) -> UInt64 {
        // Nobody can have added anything to a tenant whose name is too long.
        guard let actor = ActorName(Tenant.kind, named: tenant) else { return 0 }
        do throws(RegisterError) {
            return try await actors.state(of: actor, Tenant.self, patience: Self.patience)?.count ?? 0
        } catch {
            throw ItemGatewayError(error)
        }
    }

    public func glance(_ tenant: String) async throws(ItemGatewayError) -> ItemGlance {
        guard let actor = ActorName(Tenant.kind, named: tenant) else { return ItemGlance(count: 0, version: 0) }
        do throws(RegisterError) {
            let (state, version) = try await actors.glance(of: actor, Tenant.self, patience: Self.patience)
            return ItemGlance(count: state?.count ?? 0, version: version)
        } catch {
            throw ItemGatewayError(error)
        }
    }

    public func add(_ items: [Item], ids: any WorkIDSource, by deadline: Instant) async throws(ItemGatewayError) {
        if let item = items.first(where: { $0.id.isEmpty || $0.id.utf8.count > ItemLimits.idBytes }) {
            throw ItemGatewayError(.invalid, "an id has 1 to \(ItemLimits.idBytes) bytes, not \(item.id.utf8.count)")
        }
        for item in items { _ = try Self.named(item.tenant) }
        let tenants = Item.tenants(of: items)
        guard tenants <= ItemLimits.tenants else { throw ItemGatewayError(.invalid, ItemLimits.tooMany(tenants: tenants)) }
        let parcels = Parcel.parcels(of: items)
        if let only = parcels.first, parcels.count == 1 {
            let work = ids.next()
            return try await tell(Add(ids: only.ids, parcel: nil), to: Self.named(only.tenant), as: work, operation: work, by: deadline)
        }
        guard !parcels.isEmpty else { return }
        var silent = 0
        for _ in 0..<Self.deliveries {
            switch try await deliver(parcels, ids, isLast: silent + 1 == Self.shards, by: deadline) {
            case .done: return
            case .abandoned: continue
            case .unreached(let error):
                silent += 1
                guard silent < Self.shards, world.now < deadline, !Task.isCancelled else { throw error }
            }
        }
        throw ItemGatewayError(.unavailable, "\(Self.deliveries) deliveries were begun before and not completed in time; try again")
    }

    // MARK: Deliveries

    /// What became of a delivery.
    private enum Outcome {
        /// All of it counts.
        case done
        /// One of this id was begun before, by somebody who did not complete it in time. Nothing of that counts.
        case abandoned
        /// Its register has not said that it is complete. It is not, by this: nothing of it counts.
        case unreached(ItemGatewayError)
    }

    /// Where a delivery lies says nothing of where its tenants do. So one whose register does not answer gives way to another that lies
    /// elsewhere, as long as it is not sealed.
    /// - Parameter isLast: no other is tried after this one.
    private func deliver(
        _ parcels: [Parcel], _ ids: any WorkIDSource, isLast: Bool, by deadline: Instant
    ) async throws(ItemGatewayError) -> Outcome {
        // The same ids are taken whatever becomes of it, so that whoever goes on under them finds the same deliveries.
        let work = ids.next(), delivery = ActorName(Delivery.kind, of: work)
        let loads = Parcel.loads(of: parcels).map { ($0, ids.next()) }, sealing = ids.next()
        let trial = isLast ? deadline : min(deadline, world.now + Self.trial)
        var failures = await load(loads.prefix(1), to: delivery, as: work, by: trial)
        if failures.isEmpty { failures = await load(loads.dropFirst(), to: delivery, as: work, by: deadline) }
        if let failure = failures.first(where: { $0.code == .invalid }) { return try await refusal(failure, by: delivery, deadline) }
        // It is not sealed from here, so by this nothing of it counts, whatever has become of its parcels.
        if let failure = failures.first { return .unreached(failure.surely) }
        do throws(ItemGatewayError) {
            try await tell(Seal(parcels: UInt32(parcels.count)), to: delivery, as: work, operation: sealing, by: deadline)
        } catch {
            if error.code == .invalid { return try await refusal(error, by: delivery, deadline) }
            guard error.code == .unavailable else { throw error }
            return .unreached(error)
        }
        try await arrival(of: delivery, by: deadline)
        return .done
    }

    /// Loads all at once; gives what went wrong.
    private func load(
        _ loads: ArraySlice<(Load, WorkID)>, to delivery: ActorName, as work: WorkID, by deadline: Instant
    ) async -> [ItemGatewayError] {
        await withTaskGroup(of: ItemGatewayError?.self, returning: [ItemGatewayError].self) { group in
            for (load, operation) in loads {
                group.addTask {
                    do throws(ItemGatewayError) {
                        try await tell(load, to: delivery, as: work, operation: operation, by: deadline)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
    }

    /// A delivery refuses what comes when it was abandoned. Where that cannot be seen, nothing counts by this either.
    private func refusal(
        _ failure: ItemGatewayError, by delivery: ActorName, _ deadline: Instant
    ) async throws(ItemGatewayError) -> Outcome {
        let state: Delivery.State?
        do throws(RegisterError) { state = try await actors.state(of: delivery, Delivery.self, patience: left(until: deadline)) } catch {
            return .unreached(ItemGatewayError(error).surely)
        }
        guard state?.status == .abandoned else { throw failure }
        return .abandoned
    }

    /// Returns when all of a delivery counts. What one replica says of that is enough, for a delivery that is done stays so.
    private func arrival(of delivery: ActorName, by deadline: Instant) async throws(ItemGatewayError) {
        var seen: UInt64?
        while world.now < deadline {
            let glance = try? await actors.glance(of: delivery, Delivery.self, seen: seen, patience: min(Self.look, left(until: deadline)))
            var status = glance?.state?.status
            if status != .done, glance == nil || glance?.version == seen {
                status = try? await actors.state(of: delivery, Delivery.self, patience: left(until: deadline))?.status
                if status != .done, (try? await world.sleep(for: min(Self.pause, left(until: deadline)))) == nil { break }
            }
            if status == .done { return }
            seen = glance?.version
        }
        throw ItemGatewayError(.unknown, "\(delivery) is kept and goes on, and not all of it counts yet")
    }

    // MARK: Actors

    private static func named(_ tenant: String) throws(ItemGatewayError) -> ActorName {
        guard let actor = ActorName(Tenant.kind, named: tenant) else {
            throw ItemGatewayError(.invalid, "a tenant has a name of 1 to \(ItemLimits.tenantBytes) bytes, not \(tenant.utf8.count)")
        }
        return actor
    }

    private func left(until deadline: Instant) -> Duration { max(.zero, deadline - world.now) }

    private func tell(
        _ event: some DurableEvent, to actor: ActorName, as work: WorkID, operation: WorkID, by deadline: Instant
    ) async throws(ItemGatewayError) {
        guard world.now < deadline else { throw ItemGatewayError(.unavailable, "there is no time left to tell \(actor)") }
        do throws(RegisterError) {
            _ = try await actors.tell(event, to: actor, as: work, operation: operation, patience: left(until: deadline))
        } catch {
            throw ItemGatewayError(error)
        }
    }
}

extension ItemGatewayError {
    init(_ error: RegisterError) {
        let code: Code =
            switch error.conclusion {
            case .refused: .invalid
            case .unavailable: .unavailable
            case .unknown: .unknown
            }
        self.init(code, error.sentence, retryAfterSeconds: error.retryAfterSeconds)
    }

    /// The same of what surely does not count, though it may have been begun.
    fileprivate var surely: ItemGatewayError {
        ItemGatewayError(code == .unknown ? .unavailable : code, description, retryAfterSeconds: retryAfterSeconds)
    }
}
