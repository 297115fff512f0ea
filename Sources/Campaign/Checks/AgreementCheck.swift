import Registers
import World

/// Replicas that hold one version of a register hold the same, and equal ballots name one change, at any time.
enum AgreementCheck {
    static func judge(_ keys: [RegisterKey], _ mesh: SimulatedMesh) -> [Violation] {
        keys.flatMap { judge($0, mesh) }
    }

    private struct Holding {
        let machine: Int
        let record: RegisterRecord
        let rows: [StoredRow]
    }

    private static func judge(_ key: RegisterKey, _ mesh: SimulatedMesh) -> [Violation] {
        let stores = mesh.running.compactMap { process in process.store.map { (machine: process.machine, store: $0) } }
        // Operations of freed hours go bit by bit, at every replica in its own time.
        let freed = stores.compactMap { $0.store.horizons.first { $0.shard == key.shard }?.freed }.max()
        let holdings = stores.compactMap { machine, store -> Holding? in
            guard let record = store.record(of: key), !record.isCatchingUp else { return nil }
            return Holding(machine: machine, record: record, rows: rows(of: key, in: store, without: freed))
        }
        var found: [Violation] = []
        for (place, a) in holdings.enumerated() {
            for b in holdings.dropFirst(place + 1) {
                let names = "n\(a.machine + 1) and n\(b.machine + 1)"
                if a.record.base == b.record.base, a.record.state != b.record.state || a.rows != b.rows {
                    found.append(Violation(.disagreement, "\(names) hold different content of \(key) at version \(a.record.base)"))
                }
                if let left = a.record.pending, let right = b.record.pending, left.ballot == right.ballot, left != right {
                    found.append(Violation(.disagreement, "\(names) have accepted different changes of \(key) under ballot \(left.ballot)"))
                }
            }
        }
        return found
    }

    private static func rows(of key: RegisterKey, in store: MemoryStore, without freed: CreationHour?) -> [StoredRow] {
        var rows: [StoredRow] = [], start: [UInt8]? = []
        while let from = start {
            let run = store.rows(of: key, from: from, changedAfter: 0, within: .piece)
            rows += run.rows
            start = run.next
        }
        guard let freed else { return rows }
        return rows.filter { row in
            guard row.key.first == RegisterView.Kind.operation.rawValue, let id = WorkID(bytes: row.key.dropFirst()) else { return true }
            return CreationHour(of: id) > freed
        }
    }
}
