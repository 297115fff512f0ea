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
        let parcels = Parcel.parcels(of: items)
        guard parcels.count <= ItemLimits.parcels else {
            throw ItemGatewayError(.invalid, "\(parcels.count) tenants at once are more than \(ItemLimits.parcels); divide them")
        }
        if let only = parcels.first, parcels.count == 1 {
            let work = ids.next()
            return try await tell(Add(ids: only.ids, parcel: nil), to: Self.named(only.tenant), as: work, operation: work, by: deadline)
        }
        for _ in 0..<Self.deliveries where !parcels.isEmpty {
            if try await deliver(parcels, ids, by: deadline) { return }
        }
        guard parcels.isEmpty else {
            throw ItemGatewayError(.unavailable, "\(Self.deliveries) deliveries were begun before and not completed in time; try again")
        }
    }

    // MARK: Deliveries

    /// False when a delivery of this id was begun before, by somebody who did not complete it in time. Nothing of that counts.
    private func deliver(_ parcels: [Parcel], _ ids: any WorkIDSource, by deadline: Instant) async throws(ItemGatewayError) -> Bool {
        let work = ids.next(), delivery = ActorName(Delivery.kind, of: work)
        let loads = Parcel.loads(of: parcels).map { ($0, ids.next()) }, sealing = ids.next()
        let failures = await withTaskGroup(of: ItemGatewayError?.self, returning: [ItemGatewayError].self) { group in
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
        if let failure = failures.first {
            if failures.contains(where: { $0.code == .invalid }), await isAbandoned(delivery, by: deadline) { return false }
            // It is not sealed from here, so by this nothing of it counts, whatever has become of its parcels.
            let code = failure.code == .unknown ? .unavailable : failure.code
            throw ItemGatewayError(code, failure.description, retryAfterSeconds: failure.retryAfterSeconds)
        }
        do throws(ItemGatewayError) {
            try await tell(Seal(parcels: UInt32(parcels.count)), to: delivery, as: work, operation: sealing, by: deadline)
        } catch {
            if error.code == .invalid, await isAbandoned(delivery, by: deadline) { return false }
            throw error
        }
        try await arrival(of: delivery, by: deadline)
        return true
    }

    private func isAbandoned(_ delivery: ActorName, by deadline: Instant) async -> Bool {
        let state = try? await actors.state(of: delivery, Delivery.self, patience: left(until: deadline))
        return state?.status == .abandoned
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
}
