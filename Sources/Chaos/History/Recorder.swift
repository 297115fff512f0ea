import JSONDocument
import Synchronization
import World

/// Writes the history of a run, from all of its tasks, into memory and into a file.
package final class Recorder: Sendable {
    /// A run that has more to tell than this is cut short by its director.
    package static let limit = 200_000

    private struct State {
        var records: [HistoryRecord] = []
        var problem: String?
        var isOver = false
    }

    private let world: any World
    private let started: Instant
    private let path: String?
    private let listener: @Sendable (HistoryRecord) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: of the file; nil for none.
    ///   - listener: hears every record, in order.
    package init(world: any World, path: String?, listener: @escaping @Sendable (HistoryRecord) -> Void = { _ in }) {
        self.world = world
        self.path = path
        self.listener = listener
        started = world.now
    }

    /// Nanoseconds since the run began.
    package var now: Int64 { (world.now - started).nanoseconds }

    package var records: [HistoryRecord] { state.withLock { $0.records } }

    /// Why the file could not be written, if so.
    package var problem: String? { state.withLock { $0.problem } }

    package var isFull: Bool { state.withLock { $0.records.count >= Self.limit } }

    /// - Parameter call: when the operation began; now by default.
    package func record(
        _ who: HistoryRecord.Who, _ event: HistoryEvent, process: Int = 0, call: Int64? = nil, outcome: HistoryRecord.Outcome = .ok,
        via: String? = nil, detail: String = ""
    ) {
        state.withLock { state in
            // Nothing comes after the end: what is seen then is the end's own doing.
            guard !state.isOver, state.records.count < Self.limit || event.isEnd else { return }
            state.isOver = event.isEnd
            let now = now
            let record = HistoryRecord(
                who: who, process: process, event: event, callNs: call ?? now, returnNs: now,
                wallMs: world.wallTime.millisecondsSince1970, outcome: outcome, via: via, detail: detail)
            state.records.append(record)
            if let path {
                do { try SystemFileSystem().append(Array((record.json.text() + "\n").utf8), to: path) } catch {
                    state.problem = state.problem ?? "\(error)"
                }
            }
            listener(record)
        }
    }
}
