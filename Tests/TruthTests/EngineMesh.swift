import Foundation
import Logging
import Membership
import Mesh
import Registers
import TestSupport
import Truth
import World

/// What an engine's stores are kept in.
enum StoreKind: String, Sendable, CaseIterable {
    case memory, sqlite
}

/// Three nodes in this process, over real sockets on 127.0.0.1, each with a store and a replica of every key; a node more without one.
final class EngineMesh {
    /// One place in the mesh: what stays when its node is stopped.
    private struct Seat {
        let configuration: NodeConfiguration
        var disk: MemoryDisk?
        var store: (any RegisterStore)?
        var node: Node?
        var engine: ReplicatedEngine?
        var doors: (EngineDoor, LookDoor)?
        var id: StoreID?
    }

    private let kind: StoreKind
    private let scratch: Scratch
    private var seats: [Seat] = []
    private var map: ReplicaMap?
    static let stores = 3

    private init(_ kind: StoreKind) throws {
        self.kind = kind
        scratch = try Scratch()
        let name = scratch.path.split(separator: "/").last.map { String($0) } ?? "mesh"
        var seed: MemberAddress?
        for index in 0...Self.stores {
            let address = MemberAddress(host: "127.0.0.1", port: TestPorts.block())
            seed = seed ?? address
            var configuration = NodeConfiguration(
                mesh: name, name: "n\(index)", bindHost: "127.0.0.1", address: address, seeds: [seed ?? address],
                metadata: MemberMetadata(roles: []), dataDirectory: "\(scratch.path)/n\(index)")
            configuration.errors = TruthService.errors
            seats.append(Seat(configuration: configuration, disk: MemoryDisk(id: storeID(UInt64(index)))))
        }
    }

    /// Runs `body` with a mesh, and ends it whatever happens.
    static func with(_ kind: StoreKind, _ body: (EngineMesh) async throws -> Void) async throws {
        let mesh = try EngineMesh(kind)
        do {
            for index in mesh.seats.indices { try await mesh.start(index) }
            let ids = mesh.seats.compactMap(\.id)
            // Every store is the home of some shards.
            let lists = (0..<Shard.count).map { shard in ids.indices.map { ids[($0 + shard) % ids.count] } }
            mesh.map = ReplicaMap(epoch: 1, replicas: lists)
            try await mesh.settle()
            // Before, a home would hand its wishes on, and another would hold the promise for the next.
            try await mesh.untilAllVote()
            try await body(mesh)
            for index in mesh.seats.indices { await mesh.stop(index) }
        } catch {
            for index in mesh.seats.indices { await mesh.stop(index) }
            throw error
        }
    }

    /// The engine at a node that runs.
    subscript(index: Int) -> any RegisterEngine {
        guard let engine = seats[index].engine else { preconditionFailure("n\(index) does not run") }
        return engine
    }

    /// The engines of all nodes that run, the last one's without a store.
    var engines: [any RegisterEngine] { seats.compactMap(\.engine) }

    /// The same, for who lists registers.
    var catalogues: [any RegisterCatalogue] { seats.compactMap(\.engine) }

    /// The place of the store that is asked first for a key.
    func home(of key: RegisterKey) -> Int {
        let id = map?.electorate(of: key.shard).members.first
        return seats.firstIndex { $0.id == id } ?? 0
    }

    /// A key whose home is that node's store.
    func key(at home: Int, _ name: String = "k") throws -> RegisterKey {
        for number in 0... {
            if let key = RegisterKey("count/\(name)\(number)"), self.home(of: key) == home { return key }
        }
        throw Timeout(what: "n\(home) is the home of some key")
    }

    /// Starts a node, or its next life on the same disk.
    func start(_ index: Int) async throws {
        guard seats[index].node == nil else { return }
        let configuration = seats[index].configuration
        var log = Logger(label: configuration.name)
        log.logLevel = .critical
        let node = try Node(configuration, world: SystemWorld(), log: log)
        let store = index < Self.stores ? try await openStore(index) : nil
        let engine = ReplicatedEngine(node: node, store: store, machine: Counter(), log: log)
        seats[index].node = node
        seats[index].store = store
        seats[index].engine = engine
        seats[index].doors = (EngineDoor(actorSystem: node.system, engine: engine), LookDoor(actorSystem: node.system, engine: engine))
        if let store { seats[index].id = store.id }
        try await node.start()
    }

    private func openStore(_ index: Int) async throws -> any RegisterStore {
        let name = seats[index].configuration.name
        switch kind {
        case .memory:
            return MemoryStore(seats[index].disk ?? MemoryDisk(id: storeID(UInt64(index))))
        case .sqlite:
            // Whoever stopped it may hold it for a moment yet.
            let path = seats[index].configuration.dataDirectory + "/registers.db"
            var store: (any RegisterStore)?
            try await eventually("the store of \(name) is let go") {
                store = try? SQLiteStore.open(path: path, random: SystemWorld().random(name)) { damage in
                    FileHandle.standardError.write(Data("\(damage)\n".utf8))
                    exit(74)
                }
                return store != nil
            }
            guard let store else { throw Timeout(what: "\(path) is opened") }
            return store
        }
    }

    func stop(_ index: Int) async {
        guard let node = seats[index].node else { return }
        await seats[index].engine?.stop()
        await node.stop()
        if let store = seats[index].store as? MemoryStore { seats[index].disk = store.disk }
        (seats[index].node, seats[index].store, seats[index].engine, seats[index].doors) = (nil, nil, nil, nil)
    }

    /// Stops every node, then starts all again on their disks.
    func restartAll() async throws {
        for index in seats.indices { await stop(index) }
        for index in seats.indices { try await start(index) }
        try await settle()
    }

    /// Waits until those that run see each other, and tells their engines of it.
    func settle() async throws {
        let running = seats.filter { $0.node != nil }
        let names = running.map(\.configuration.name)
        for seat in running {
            try await eventually("\(seat.configuration.name) sees \(names)") {
                seat.node?.members.members.filter { $0.status == .alive }.map(\.name) == names
            }
        }
        let live = running.compactMap { seat in seat.id.flatMap { id in seat.node.map { (id, $0.identity) } } }
        for seat in running {
            if let map { seat.engine?.adopt(map) }
            seat.engine?.see(Dictionary(uniqueKeysWithValues: live))
        }
    }

    /// Waits until all stores have accepted the last change of a register.
    func untilAllHold(_ key: RegisterKey) async throws {
        let stores = seats.compactMap(\.store)
        try await eventually("all stores have the last change of \(key)") {
            Set(stores.map { $0.record(of: key)?.accepted }).count == 1
        }
    }

    /// Waits until the stores of all nodes that run vote.
    func untilAllVote() async throws {
        for seat in seats where seat.store != nil {
            try await eventually("\(seat.configuration.name) votes") { seat.engine?.standing == .voting }
        }
    }
}

/// Adds numbers up: a command is one byte, which is added; the answer, and what a query gives, is the sum in one byte. 0 is refused.
struct Counter: RegisterMachine {
    func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        guard let number = command.first, number > 0 else { throw MachineRefusal("0 cannot be added") }
        view.state = [(view.state.first ?? 0) &+ number]
        return view.state
    }

    func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { view.state }
}

/// A directory that goes with its last reference.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/gossamer-" + UUID().uuidString.prefix(8)
        try SystemFileSystem().createDirectory(path)
    }

    deinit { try? SystemFileSystem().removeTree(path) }
}
