import Registers
import World

/// What is asked of a mesh in which work is freed, when all is well: work that has ended goes from every replica when its hour is
/// old enough, and so does what is remembered of that hour's operations, within a stated time.
///
/// Marks of removed rows are not looked at: nothing frees them.
final class FreeingExamination {
    /// Virtual time after the hours have passed, within which all must be gone.
    static let patience: Duration = .seconds(60)

    struct Leftover {
        let key: RegisterKey
        let machine: Int
        let what: String

        var sentence: String { "n\(machine + 1) still has \(what) of \(key) (shard \(key.shard))" }
    }

    private unowned let mesh: SimulatedMesh
    private unowned let clients: Clients
    private(set) var violations: [Violation] = []

    init(_ mesh: SimulatedMesh, _ clients: Clients) {
        self.mesh = mesh
        self.clients = clients
    }

    func run() {
        guard let retention = mesh.shape.replica.retention else { return }
        judge(wait(remainders))
        clients.finishWork()
        guard mesh.run(until: mesh.now + Examination.patience, or: { self.clients.isIdle }) else {
            return violations.append(Violation(.stuck, "all is well, and no answer to those who end the work"))
        }
        // All that was begun and asked for until now is of this hour or an earlier one.
        let last = CreationHour(mesh.machines.indices.map(mesh.wall).max() ?? mesh.wall(0))
        pass(retention + .seconds(2 * 3_600))
        judge(wait { self.leftovers(upTo: last) })
    }

    /// What is left when time enough has passed.
    private func wait(_ look: () -> [Leftover]) -> [Leftover] {
        let end = mesh.now + Self.patience
        var left = look()
        while mesh.now < end, !left.isEmpty {
            mesh.run(until: mesh.now + .seconds(1))
            left = look()
        }
        return left
    }

    private func judge(_ left: [Leftover]) {
        for leftover in left {
            mesh.trace.note(mesh.now, leftover.machine, .trouble, UInt64(leftover.key.shard), leftover.sentence)
            let time = "\(Self.patience.milliseconds) ms after it should have gone, and all is well"
            violations.append(Violation(.unfreed, "\(time): \(leftover.sentence)"))
        }
    }

    private func pass(_ time: Duration) {
        let sentence = "\(time.milliseconds) ms pass, so that all is freed"
        mesh.trace.note(mesh.now, nil, .trouble, UInt64(bitPattern: time.nanoseconds), sentence)
        for i in mesh.machines.indices { mesh.machines[i].clockAhead = mesh.machines[i].clockAhead + time }
    }

    // MARK: What is left

    /// What a replica holds though it has freed the hour.
    private func remainders() -> [Leftover] {
        mesh.running.flatMap { process in
            (process.store?.horizons ?? []).flatMap { horizon in
                horizon.freed.map { leftovers(of: horizon.shard, upTo: $0, at: process) } ?? []
            }
        }
    }

    private func leftovers(upTo hour: CreationHour) -> [Leftover] {
        (0..<Shard.count).flatMap { shard in
            let replicas = mesh.map.electorate(of: shard).members.compactMap { id in mesh.running.first { $0.store?.id == id } }
            return replicas.flatMap { leftovers(of: shard, upTo: hour, at: $0) }
        }
    }

    private func leftovers(of shard: Int, upTo hour: CreationHour, at process: NodeProcess) -> [Leftover] {
        guard let store = process.store else { return [] }
        return keys(of: shard, in: store).compactMap { key in
            if let made = key.hour { return made <= hour ? Leftover(key: key, machine: process.machine, what: "the record") : nil }
            let count = operations(of: key, upTo: hour, in: store)
            return count > 0 ? Leftover(key: key, machine: process.machine, what: "\(count) operations") : nil
        }
    }

    private func keys(of shard: Int, in store: MemoryStore) -> [RegisterKey] {
        store.keys(ofShard: shard, madeUpTo: nil, after: nil, limit: .max)
    }

    /// How many operations of that hour or an earlier one are remembered.
    private func operations(of key: RegisterKey, upTo hour: CreationHour, in store: MemoryStore) -> Int {
        let kind = RegisterView.Kind.operation.rawValue
        let rows = store.rows(of: key, from: [kind], changedAfter: 0, within: RowBound(rows: .max, bytes: .max)).rows
        return rows.prefix { $0.key.first == kind }.count { row in
            WorkID(bytes: row.key.dropFirst()).map { CreationHour(of: $0) <= hour } ?? true
        }
    }
}
