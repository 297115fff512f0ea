import Registers
import World

/// What is asked of a mesh in which work is freed, when all is well: work that has ended goes from every replica when its hour is
/// old enough, and so does what is remembered of that hour's operations, within a stated time.
///
/// Marks of removed rows are not looked at: nothing frees them.
final class FreeingExamination {
    /// Virtual time after the hours have passed, within which all must be gone. A home asks for one shard at a time, and waits two
    /// seconds for each that is held up.
    static let patience: Duration = .seconds(60)

    /// What keeps something that should be gone, and does not count as broken for the time being.
    enum Obstacle: String, CaseIterable {
        /// A replica has not heard that work of the shard has ended: it holds an earlier version, or a creation that nobody else
        /// has. It is asked and names that, and nobody tells it.
        case unfinished = "a replica has not heard that work has ended"
        /// The home asks for shards of which it holds anything, and of this one it holds nothing.
        case nothingAtHome = "the home holds nothing of the shard, and asks nobody"
        /// The process has begun since the hour was freed, and does not go on with taking operations out.
        case restarted = "the process was started anew before it was through with taking operations out"
    }

    struct Leftover {
        let key: RegisterKey
        let machine: Int
        let what: String
        let obstacle: Obstacle?

        var sentence: String {
            "n\(machine + 1) still has \(what) of \(key) (shard \(key.shard))" + (obstacle.map { ": \($0.rawValue)" } ?? "")
        }
    }

    private unowned let mesh: SimulatedMesh
    private unowned let clients: Clients
    private(set) var violations: [Violation] = []
    /// What was left and is known not to be freed.
    private(set) var excused: [Leftover] = []

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
            if leftover.obstacle != nil { excused.append(leftover) } else { blame(leftover) }
        }
    }

    private func blame(_ leftover: Leftover) {
        let time = "\(Self.patience.milliseconds) ms after it should have gone, and all is well"
        violations.append(Violation(.unfreed, "\(time): \(leftover.sentence)"))
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
            (process.store?.horizons ?? []).flatMap { horizon -> [Leftover] in
                guard let freed = horizon.freed else { return [] }
                return leftovers(of: horizon.shard, upTo: freed, at: process).map { left in
                    let isOfWork = left.key.hour != nil
                    let obstacle = !isOfWork && mesh.machines[process.machine].lives > 1 ? Obstacle.restarted : nil
                    return Leftover(key: left.key, machine: left.machine, what: left.what, obstacle: obstacle)
                }
            }
        }
    }

    private func leftovers(upTo hour: CreationHour) -> [Leftover] {
        (0..<Shard.count).flatMap { shard -> [Leftover] in
            let replicas = mesh.map.electorate(of: shard).members.compactMap { id in mesh.running.first { $0.store?.id == id } }
            let left = replicas.flatMap { leftovers(of: shard, upTo: hour, at: $0) }
            guard !left.isEmpty else { return [] }
            let obstacle = obstacle(in: shard, upTo: hour, replicas)
            return left.map { Leftover(key: $0.key, machine: $0.machine, what: $0.what, obstacle: obstacle) }
        }
    }

    private func leftovers(
        of shard: Int, upTo hour: CreationHour, at process: NodeProcess
    ) -> [(key: RegisterKey, machine: Int, what: String)] {
        guard let store = process.store else { return [] }
        return keys(of: shard, in: store).compactMap { key in
            if let made = key.hour { return made <= hour ? (key, process.machine, "the record") : nil }
            let count = operations(of: key, upTo: hour, in: store)
            return count > 0 ? (key, process.machine, "\(count) operations") : nil
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

    private func obstacle(in shard: Int, upTo hour: CreationHour, _ replicas: [NodeProcess]) -> Obstacle? {
        let stores = replicas.compactMap(\.store)
        if let home = stores.first, keys(of: shard, in: home).isEmpty { return .nothingAtHome }
        let isHeldUp = stores.contains { store in
            keys(of: shard, in: store).contains { key in
                guard let made = key.hour, made <= hour, let record = store.record(of: key) else { return false }
                return record.accepted != .none && !(record.pending?.state ?? record.state).isFinished
            }
        }
        return isHeldUp ? .unfinished : nil
    }
}
