import Command
import Hummingbird
import JSONDocument
import Logging
import Synchronization
import Testing
import Web
import World

/// A piece of work is looked for among all kinds at once.
@Suite struct JobSearchTests {
    private typealias Handler = @Sendable () async throws -> Response

    private static let id = WorkIDGenerator(SystemWorld()).next()
    private static let none: Handler = { throw Problem.notFound("there is none") }

    private static func here(_ name: String) -> Handler { { .json(["name": .string(name)]) } }
    private static func silent(_ reason: String) -> Handler { { throw Problem.unavailable(reason, retryAfter: 1) } }

    /// Holds up whoever passes until a test opens it; 5 s at most.
    private final class Latch: Sendable {
        private let state = Mutex((isOpen: false, wasPassed: false))

        /// Somebody has passed who was not let.
        var wasPassed: Bool { state.withLock { $0.wasPassed } }

        func open() { state.withLock { $0.isOpen = true } }

        func pass() async {
            for _ in 0..<500 {
                if state.withLock({ $0.isOpen }) { return }
                guard (try? await SystemWorld().sleep(for: .milliseconds(10))) != nil else { return }
            }
            state.withLock { $0.wasPassed = true }
        }
    }

    private func find(
        _ id: WorkID = id, orders: @escaping Handler, primes: @escaping Handler, lookups: @escaping Handler, opening latch: Latch? = nil
    ) async throws -> Result<JobSearch.Find, CommandFailure> {
        let routes = [("/api/orders/{id}", orders), ("/api/primes/{id}", primes), ("/api/lookup/{id}", lookups)].map { path, handler in
            WebRoute(.get, path) { request in
                #expect(request.parameter("id") == "\(id)")
                return try await handler()
            }
        }
        let world = SystemWorld()
        let server = WebServer(
            name: "edge", address: .tcp(host: "127.0.0.1", port: 0), routes: routes, world: world, logger: Logger(label: "test"))
        let client = EdgeClient(edges: ["http://127.0.0.1:\(try await server.start())"], world: world)
        let result: Result<JobSearch.Find, CommandFailure>
        do throws(CommandFailure) { result = .success(try await JobSearch(client, world: world).find(id)) } catch { result = .failure(error) }
        latch?.open()
        await server.stop()
        return result
    }

    private func failure(_ result: Result<JobSearch.Find, CommandFailure>) -> CommandFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    @Test func whicheverKindKnowsItIsEnough() async throws {
        let order = try await find(orders: Self.here("o"), primes: Self.none, lookups: Self.none).get()
        #expect(order.kind == "order" && order.document["name"] == "o")
        #expect(try await find(orders: Self.none, primes: Self.here("p"), lookups: Self.silent("no majority")).get().kind == "primes")
        let broken: Handler = { throw Problem(status: 500, detail: "a fault") }
        #expect(try await find(orders: Self.silent("no majority"), primes: broken, lookups: Self.here("l")).get().kind == "lookup")
    }

    /// The others may wait for a majority that does not come.
    @Test func whoKnowsItIsNotHeldUpByTheOthers() async throws {
        let latch = Latch()
        let slow: Handler = {
            await latch.pass()
            throw Problem.unavailable("no majority", retryAfter: 1)
        }
        #expect(try await find(orders: slow, primes: slow, lookups: Self.here("l"), opening: latch).get().kind == "lookup")
        #expect(!latch.wasPassed, "it was found before the others had anything to say")
    }

    @Test func whereNoneKnowsItWhoCouldNotSayDecides() async throws {
        let one = try await find(orders: Self.none, primes: Self.none, lookups: Self.silent("no majority of lookup/1"))
        #expect(failure(one)?.status == .unavailable && failure(one)?.message.contains("no majority of lookup/1") == true)
        let two = try await find(orders: Self.silent("no majority of order/1"), primes: Self.silent("none of primes/1"), lookups: Self.none)
        #expect(failure(two)?.message.contains("no majority of order/1") == true, "in the order of kinds, whoever was first")
    }

    @Test func whatNoKindKnowsIsNotThere() async throws {
        let new = failure(try await find(orders: Self.none, primes: Self.none, lookups: Self.none))
        #expect(new?.status == .noInput && new?.message == "no work has the id \(Self.id): none was begun under it, or it ended and is freed")
        let past = WorkID(milliseconds: 1_000_000_000_000, randomA: 0, randomB: 0)
        let old = failure(try await find(past, orders: Self.none, primes: Self.none, lookups: Self.none))
        #expect(old?.status == .noInput && old?.message.contains("its hour (2001-09-09T01:46:40.000Z) is past") == true)
    }
}
