import Choreography
import Logging
import Membership
import Mesh
import Placement
import Registers
import World

// RESULTS
//
// What a worker makes commits with the part when it is small. What is larger would make every change of its register large too, so it
// is kept beside the registers, and the answer says where.
//
// Saving. A result is named by its SHA-256. It is written on two nodes with the role `store`, durably, and only then announced: here, when
// this is one of them, and on the next of the work ring at the digest. They are told its name and fetch it, piece by piece. When one of
// them refuses or does not answer the next is asked. When two are there and not two could save it, the worker's answer is refused, and the
// part is done again; one is enough where no more than one is there. Nobody keeps count of copies later: a disk that is lost for good takes
// its copy with it.
//
// Reading. Whoever reads asks the nodes that the location names, then all others with the role. Nobody is believed: the bytes are what the
// digest says, or they are not there. So a damaged file is read from the other node.
//
// Sweeping. A result goes with the work that it is of. Registers are freed some time after their hour, not at a given time: a replica that
// is down holds that up, and so does work that has not ended, such as work that waits for an operator (see the essay on the horizon in the
// room Registers). A register that is there may refer to its result, and an operator may have it go on after days. So the clock only says
// when to ask: when the hour is as old as registers are kept at least. Then a majority of the replicas says whether an actor of the work is
// there. When none is, nothing refers to what lay here before the question. That goes for what nobody ever referred to as well, because its
// worker died before it could say so. When nobody answers, it stays. An actor that lives on must copy what it needs, and not remember
// where it lay.

/// Keeps results on the nodes that hold registers: the store of a mesh that has no other.
public final class MeshResults: ResultStore {
    /// How long another node may take to save a result, or to give one.
    private static let patience = Duration.seconds(10)
    /// How often is looked for what is of work that is over.
    private static let sweepInterval = Duration.seconds(3_600)

    private let node: Node
    private let shelf: ResultShelf
    private let door: ResultDoor

    /// Make it before the node starts.
    /// - Parameter own: of a node with the role ``TruthService/role``; nil for one that has its results kept by others.
    public init(node: Node, own: FileResults?) {
        self.node = node
        shelf = ResultShelf(own: own)
        door = ResultDoor(actorSystem: node.system, shelf: shelf)
    }

    // MARK: Saving

    public func save(_ bytes: [UInt8], of work: WorkID) async throws(WorkRefusal) -> ResultLocation {
        guard (1...ResultLimits.bytes).contains(bytes.count) else { throw WorkRefusal(tooLarge: bytes.count) }
        let digest = ResultDigest(of: bytes)
        shelf.offer(bytes, digest)
        defer { shelf.withdraw(digest) }
        var nodes: [String] = [], causes: [String] = []
        if let own = shelf.own {
            do throws(WorkRefusal) {
                try await own.save(bytes, digest, of: work)
                nodes.append(node.identity.name)
            } catch {
                causes.append("\(node.identity.name): \(error)")
            }
        }
        for keeper in keepers(of: digest) where nodes.count < ResultLimits.copies {
            do {
                try await node.system.withDeadline(Self.patience) {
                    try await node.system.singleton(ResultDoor.self, on: keeper).keep(digest.bytes, bytes.count, of: work, from: door)
                }
                nodes.append(keeper.name)
            } catch {
                causes.append("\(keeper.name): \((error as? MeshError)?.message ?? "\(error)")")
            }
        }
        // Who has died meanwhile is not waited for.
        let wanted = min(ResultLimits.copies, keepers(of: digest).count + (shelf.own == nil ? 0 : 1))
        guard nodes.count >= max(wanted, 1) else {
            let saved = nodes.isEmpty ? "could not be saved" : "was saved on \(nodes[0]) alone"
            let reasons = causes.isEmpty ? "no node with the role \(TruthService.role) is there" : causes.joined(separator: "; ")
            throw WorkRefusal(.overloaded, "a result of \(bytes.count) bytes \(saved): \(reasons)")
        }
        return ResultLocation(digest: digest.bytes, size: bytes.count, nodes: nodes)
    }

    /// The other nodes that live and keep results: in the order of the ring; and last those that the ring does not know yet.
    private func keepers(of digest: ResultDigest) -> [NodeIdentity] {
        let live = node.members.members.filter {
            $0.status.isLive && $0.metadata.roles.contains(TruthService.role) && $0.name != node.identity.name
        }
        let ring = node.ring.owners(of: "\(digest)", count: live.count + 1, role: TruthService.role).map(\.name)
        return ring.compactMap { name in live.first { $0.name == name }?.identity }
            + live.filter { !ring.contains($0.name) }.map(\.identity)
    }

    // MARK: Reading

    public func read(_ location: ResultLocation) async -> [UInt8]? {
        guard let digest = ResultDigest(location.digest), (1...ResultLimits.bytes).contains(location.size) else { return nil }
        if let bytes = await shelf.own?.read(digest) { return bytes }
        for keeper in askable(digest, location.nodes) {
            let bytes = try? await node.system.withDeadline(Self.patience) {
                try await node.system.singleton(ResultDoor.self, on: keeper).fetch(digest, size: location.size)
            }
            if let bytes { return bytes }
        }
        return nil
    }

    /// The nodes that are said to have it, then all others that may. One that counts as dead is not asked; nor is this one.
    private func askable(_ digest: ResultDigest, _ named: [String]) -> [NodeIdentity] {
        let keepers = keepers(of: digest), members = node.members
        // One that drains has its role no more, and its results still.
        let first = named.prefix(ResultLimits.copies).compactMap { members.member(named: $0) }
            .filter { $0.status.isLive && $0.name != node.identity.name }.map(\.identity)
        return first + keepers.filter { !first.contains($0) }
    }

    // MARK: Sweeping

    public func start(isOver: @escaping @Sendable (WorkID) async -> Bool?) {
        guard let own = shelf.own, let retention = ReplicaConfiguration().retention else { return }
        let world = node.world
        world.spawn("results.sweep") {
            repeat {
                await own.sweep(olderThan: retention, now: world.wallTime, isOver)
            } while (try? await world.sleep(for: Self.sweepInterval)) != nil
        }
    }
}
