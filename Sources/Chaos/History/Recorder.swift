import JSONDocument
import Synchronization
import World

/// Writes the history of a run, from all of its tasks, into memory and into a file.
package final class Recorder: Sendable {
    /// A run that has more to tell than this is cut short by its director.
    package static let limit = 200_000
    /// The number of the observer, whose looks overlap with all else.
    static let observer = -1

    /// An operation under way. If the run ends before it, it is written down without a return.
    package struct Pending: Hashable, Sendable {
        fileprivate let number: Int
        fileprivate let callNs: Int64
    }

    private struct State {
        var records: [HistoryRecord] = []
        var pending: [Int: HistoryRecord] = [:]
        var nextPending = 0
        var nextProcess = 1
        var director = 0
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

    /// Why the file could not be written, if so. Then nothing more is added to it: a history with a gap would be none.
    package var problem: String? { state.withLock { $0.problem } }

    package var isFull: Bool { state.withLock { $0.records.count >= Self.limit } }

    /// A process number that nobody has had.
    package func nextProcess() -> Int { state.withLock { Self.nextProcess(&$0) } }

    private static func nextProcess(_ state: inout State) -> Int {
        defer { state.nextProcess += 1 }
        return state.nextProcess
    }

    /// Notes that a client begins an operation.
    package func begin(_ event: HistoryEvent, process: Int, via: String) -> Pending {
        state.withLock { state in
            let call = now
            state.nextPending += 1
            state.pending[state.nextPending] = HistoryRecord(
                who: .client, process: process, event: event, callNs: call, returnNs: nil, outcome: .unknown, via: via,
                detail: "under way at the end")
            return Pending(number: state.nextPending, callNs: call)
        }
    }

    /// Writes down what came of an operation.
    /// - Parameter returned: when it came.
    package func finish(
        _ pending: Pending, _ event: HistoryEvent, process: Int, returned: Int64, outcome: HistoryRecord.Outcome = .ok,
        via: String, detail: String = ""
    ) {
        state.withLock { state in
            state.pending[pending.number] = nil
            let wallMs = world.wallTime.millisecondsSince1970 - (now - returned) / 1_000_000
            add(
                HistoryRecord(
                    who: .client, process: process, event: event, callNs: pending.callNs, returnNs: returned, wallMs: wallMs,
                    outcome: outcome, via: via, detail: detail), to: &state)
        }
    }

    /// - Parameters:
    ///   - process: of a client; the director's and the observer's are known.
    ///   - call: when the operation began; now by default.
    ///   - returned: when it was over; now by default.
    package func record(
        _ who: HistoryRecord.Who, _ event: HistoryEvent, process: Int = 0, call: Int64? = nil, returned: Int64? = nil,
        outcome: HistoryRecord.Outcome = .ok, via: String? = nil, detail: String = ""
    ) {
        state.withLock { state in
            let now = returned ?? now, wallMs = world.wallTime.millisecondsSince1970
            if event.isEnd {
                for (_, var record) in state.pending.sorted(by: { $0.key < $1.key }) {
                    record.wallMs = wallMs
                    add(record, to: &state)
                }
            }
            let number = switch who {
            case .client: process
            case .director: state.director
            case .observer: Self.observer
            }
            add(
                HistoryRecord(
                    who: who, process: number, event: event, callNs: call ?? now, returnNs: now, wallMs: wallMs, outcome: outcome,
                    via: via, detail: detail), to: &state)
            if who == .director, outcome == .unknown { state.director = Self.nextProcess(&state) }
        }
    }

    private func add(_ record: HistoryRecord, to state: inout State) {
        // Nothing comes after the end: what is seen then is the end's own doing.
        guard !state.isOver, state.records.count < Self.limit || record.event.isEnd else { return }
        state.isOver = record.event.isEnd
        state.records.append(record)
        if let path, state.problem == nil {
            do { try SystemFileSystem().append(Array((record.json.text() + "\n").utf8), to: path) } catch { state.problem = "\(error)" }
        }
        listener(record)
    }
}
