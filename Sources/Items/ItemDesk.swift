import Choreography
import Registers
import World

/// Items of the mesh, as an edge reaches them.
public struct ItemDesk: ItemGateway {
    /// How long a count may take.
    public static let patience = Duration.seconds(5)
    /// How long a replica is trusted to tell of news of a delivery, before a majority is asked.
    private static let look = Duration.milliseconds(500)
    /// Between two looks that say nothing.
    private static let pause = Duration.milliseconds(50)

    private let actors: DurableActors
    private let world: any World
    private let ids: WorkIDGenerator

    /// - Parameter engine: of registers whose machines know tenants and deliveries.
    public init(engine: any RegisterEngine, world: any World) {
        actors = DurableActors(engine: engine)
        self.world = world
        ids = WorkIDGenerator(world, name: "item-ids")
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

    public func add(_ items: [Item], by deadline: Instant) async throws(ItemGatewayError) {
        if let item = items.first(where: { $0.id.isEmpty || $0.id.utf8.count > ItemLimits.idBytes }) {
            throw ItemGatewayError(.invalid, "an id has 1 to \(ItemLimits.idBytes) bytes, not \(item.id.utf8.count)")
        }
        for item in items { _ = try Self.named(item.tenant) }
        let parcels = Parcel.parcels(of: items)
        guard parcels.count <= ItemLimits.parcels else {
            throw ItemGatewayError(.invalid, "\(parcels.count) tenants at once are more than \(ItemLimits.parcels); divide them")
        }
        if let only = parcels.first, parcels.count == 1 {
            try await tell(Add(ids: only.ids, parcel: nil), to: Self.named(only.tenant), as: ids.next(), by: deadline)
        } else if !parcels.isEmpty {
            try await deliver(parcels, by: deadline)
        }
    }

    // MARK: Deliveries

    private func deliver(_ parcels: [Parcel], by deadline: Instant) async throws(ItemGatewayError) {
        let work = ids.next(), delivery = ActorName(Delivery.kind, of: work)
        let failures = await withTaskGroup(of: ItemGatewayError?.self, returning: [ItemGatewayError].self) { group in
            for load in Parcel.loads(of: parcels) {
                group.addTask {
                    do throws(ItemGatewayError) { try await tell(load, to: delivery, as: work, by: deadline) } catch { return error }
                    return nil
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
        if let failure = failures.first {
            // It was not sealed and will not be, so nothing of it counts, whatever has become of its parcels.
            let code = failure.code == .unknown ? .unavailable : failure.code
            throw ItemGatewayError(code, failure.description, retryAfterSeconds: failure.retryAfterSeconds)
        }
        try await tell(Seal(parcels: UInt32(parcels.count)), to: delivery, as: work, by: deadline)
        try await arrival(of: delivery, by: deadline)
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
        _ event: some DurableEvent, to actor: ActorName, as work: WorkID, by deadline: Instant
    ) async throws(ItemGatewayError) {
        guard world.now < deadline else { throw ItemGatewayError(.unavailable, "there is no time left to tell \(actor)") }
        do throws(RegisterError) {
            _ = try await actors.tell(event, to: actor, as: work, operation: ids.next(), patience: left(until: deadline))
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
