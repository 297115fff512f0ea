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
        let holdings = mesh.running.compactMap { process -> Holding? in
            guard let store = process.store, let record = store.record(of: key), !record.isCatchingUp else { return nil }
            return Holding(machine: process.machine, record: record, rows: rows(of: key, in: store))
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

    private static func rows(of key: RegisterKey, in store: MemoryStore) -> [StoredRow] {
        var rows: [StoredRow] = [], start: [UInt8]? = []
        while let from = start {
            let run = store.rows(of: key, from: from, changedAfter: 0, within: .piece)
            rows += run.rows
            start = run.next
        }
        return rows
    }
}
