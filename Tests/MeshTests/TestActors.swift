import Distributed
import Mesh
import Synchronization
import World

struct TestError: Error, Codable, Equatable, Sendable {
    var reason: String
}

struct UnregisteredError: Error {}

/// Its description has few characters and many bytes: a family of four is 25 bytes.
struct LengthyError: Error, CustomStringConvertible {
    var description: String { String(repeating: "👨‍👩‍👧‍👦", count: 600) }
}

/// One per node; whatever the tests of calls need of a callee.
distributed actor Probe: NodeSingleton {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private var order: [Int] = []
    private var cancelled = 0

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func echo(_ bytes: [UInt8]) -> [UInt8] { bytes }
    distributed func sum(_ a: Int, _ b: Int?, _ c: [String: Int]) -> Int { a + (b ?? 0) + c.values.reduce(0, +) }
    distributed func note(_ number: Int) { order.append(number) }
    distributed func noteAlso(_ number: Int) { order.append(number) }
    distributed func noteText(_ text: String) { order.append(Int(text) ?? -1) }
    distributed func noted() -> [Int] { order }
    distributed func fail(_ reason: String) throws -> Int { throw TestError(reason: reason) }
    distributed func failOddly() throws { throw UnregisteredError() }
    distributed func failAtLength() throws { throw LengthyError() }
    distributed func whoAmI() -> String { id.node.name }
    distributed func blob(_ bytes: Int) -> [UInt8] { [UInt8](repeating: 7, count: bytes) }

    distributed func sleep(_ milliseconds: Int) async throws -> Int {
        do {
            try await actorSystem.world.sleep(for: .milliseconds(milliseconds))
        } catch {
            cancelled += 1
            throw error
        }
        return milliseconds
    }

    distributed func noteAndSleep(_ number: Int, _ milliseconds: Int) async throws {
        order.append(number)
        try await actorSystem.world.sleep(for: .milliseconds(milliseconds))
    }

    distributed func cancellations() -> Int { cancelled }

    /// Calls on through another node, with no deadline of its own.
    distributed func relay(_ next: Probe, _ milliseconds: Int) async throws -> Int { try await next.sleep(milliseconds) }

    /// A calls B calls A: must not wait for itself.
    distributed func bounce(_ back: Probe, _ times: Int) async throws -> Int {
        times == 0 ? 0 : try await back.bounce(self, times - 1) + 1
    }
}

/// Not a singleton: it has numbers, can be watched and checked in.
distributed actor Pupil {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    private let name: String

    init(_ name: String, actorSystem: MeshActorSystem) {
        self.name = name
        self.actorSystem = actorSystem
    }

    distributed func hello() -> String { name }
}

/// Another type with the same shape, to be mistaken for a pupil.
distributed actor Impostor {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    private let secret: Int

    init(actorSystem: MeshActorSystem) {
        secret = 42
        self.actorSystem = actorSystem
    }

    distributed func reveal() -> Int { secret }
}

distributed actor Strict: NodeSingleton, OneAtATime {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    private var running = 0
    private var most = 0

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func work() async throws -> Int {
        running += 1
        most = max(most, running)
        defer { running -= 1 }
        try await actorSystem.world.sleep(for: .milliseconds(5))
        return most
    }
}

distributed actor Prompt: NodeSingleton, InlineActor {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }
    distributed func echo(_ bytes: [UInt8]) -> [UInt8] { bytes }
}

/// Takes its time, one call after the other, and counts them.
distributed actor Clerk: NodeSingleton, OneAtATime {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    private var begun = 0

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func work(_ milliseconds: Int) async throws {
        begun += 1
        try await actorSystem.world.sleep(for: .milliseconds(milliseconds))
    }

    distributed func count() -> Int { begun }
}

/// An actor with others inside: the name of each begins with the name of the one around it.
distributed actor Outer {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    private let number = 7

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func own() -> Int { number }

    distributed actor Inner {
        typealias ActorSystem = MeshActorSystem
        nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
        private let secret: Int

        init(actorSystem: MeshActorSystem) {
            secret = 42
            self.actorSystem = actorSystem
        }

        distributed func reveal() -> Int { secret }
    }
}
