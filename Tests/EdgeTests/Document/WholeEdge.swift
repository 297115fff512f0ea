import Edge
import ItemTestSupport
import Jobs
import Logging
import Lookup
import OrderTestSupport
import Primes
import Truth
import Web
import WorkTestSupport
import World

/// An edge that offers everything that a node's edge does, over work in memory.
struct WholeEdge {
    let server: EdgeServer
    let base: String

    static func with(_ body: (WholeEdge) async throws -> Void) async throws {
        let world = SystemWorld(), lookups = FakeLookups(), counts = FakeGateway(), orders = OrderBook(world)
        let engine = MemoryEngine([PrimesJob.self, LookupJob.self], now: world.wallTime)
        let catalogue = JobCatalogue(world: world, registers: engine, kinds: [JobKind(LookupJob.self), JobKind(PrimesJob.self)])
        let groups: [any RouteGroup] = [
            PrimesRoutes(gateway: counts, limits: counts.limits, workers: { 5 }, world: world),
            LookupRoutes(gateway: lookups, services: LookupService.all, world: world),
            LookupBatchRoutes(gateway: lookups, services: LookupService.all, world: world), OrderRoutes(gateway: orders, world: world),
            ItemRoutes(gateway: ItemBook(), world: world), ValueRoutes(values: KeyValue(engine: ValueRoutesTests.Registers()), world: world),
            JobListRoutes(catalogue: catalogue),
            JobEventsRoutes(
                sources: [JobEvents(gateway: counts), JobEvents(gateway: lookups, services: LookupService.all), OrderEvents(gateway: orders)],
                world: world),
        ]
        let server = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: groups, readiness: { .healthy }, version: "0.1.0", world: world,
            logger: Logger(label: "test"))
        let base = "http://127.0.0.1:\(try await server.start())"
        do { try await body(WholeEdge(server: server, base: base)) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
