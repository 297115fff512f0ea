import Chaos
import JSONDocument
import Synchronization
import World

/// Writes down what several clients ask of tenants, and what they are told, in memory and in a file. A line is the system's as soon as its
/// operation has ended, so that a history may be judged though who wrote it was killed.
package final class ItemRecorder: ItemLedger {
    private struct State {
        var records: [ItemRecord] = []
        var open: [Int: ItemRecord] = [:]
        var next = 0
        var process = 0
        /// Open from the first line to the last.
        var file: AppendedFile?
        var trouble: FileError?
        var isOver = false
    }

    private let world: any World
    private let started: Instant
    private let path: String?
    private let state = Mutex(State())

    /// - Parameter path: of the file; nil for none.
    package init(_ world: any World, path: String?) {
        (self.world, self.path) = (world, path)
        started = world.now
    }

    package var records: [ItemRecord] { state.withLock { $0.records } }

    /// Why the file could not be written, if so. Nothing more is added to it then: a history with a gap would be none.
    package var trouble: FileError? { state.withLock { $0.trouble } }

    package func nextProcess() -> Int {
        state.withLock { state in
            state.process += 1
            return state.process
        }
    }

    package func begin(_ deed: ItemRecord.Deed, of tenant: String, process: Int, via: String) -> ItemEnding {
        let place = state.withLock { state in
            state.next += 1
            state.open[state.next] = ItemRecord(
                process: process, tenant: tenant, deed: deed, callNs: now, returnNs: nil, outcome: .unknown, via: via)
            return state.next
        }
        return { [self] outcome, count, _ in end(place, outcome, count) }
    }

    private func end(_ place: Int, _ outcome: ItemRecord.Outcome, _ count: Int?) {
        state.withLock { state in
            guard !state.isOver, var record = state.open.removeValue(forKey: place) else { return }
            record.returnNs = now
            record.outcome = outcome
            if case .read = record.deed { record.deed = .read(count: count) }
            add(record, &state)
        }
    }

    /// What is still under way is written down as unknown, and nothing comes after that.
    package func close() {
        state.withLock { state in
            for (_, record) in state.open.sorted(by: { $0.key < $1.key }) { add(record, &state) }
            state.open = [:]
            state.file = nil
            state.isOver = true
        }
    }

    private var now: Int64 { (world.now - started).nanoseconds }

    private func add(_ record: ItemRecord, _ state: inout State) {
        state.records.append(record)
        guard let path, state.trouble == nil else { return }
        do throws(FileError) {
            if state.file == nil { state.file = try AppendedFile(path: path) }
            try state.file?.append(Array((record.json.text() + "\n").utf8))
        } catch {
            state.trouble = error
        }
    }
}
