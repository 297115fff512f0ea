import Registers
import Synchronization
import World

/// Registers of one machine as an engine of one copy. Nothing happens but what a test does.
package final class MemoryRegisters: RegisterEngine {
    private struct Held {
        var state = RegisterState.empty
        var rows: [StoredRow] = []
        var version: UInt64 = 0
    }

    private struct State {
        var held: [RegisterKey: Held] = [:]
        var now: WallTime
        var passed: CreationHour?
        var silence: RegisterError?
        var changes = 0
    }

    private let machine: any RegisterMachine
    private let state: Mutex<State>

    package init(_ machine: any RegisterMachine, now: WallTime) {
        self.machine = machine
        state = Mutex(State(now: now))
    }

    // MARK: What a test does

    /// The wall clock of all homes.
    package var now: WallTime {
        get { state.withLock { $0.now } }
        set { state.withLock { $0.now = newValue } }
    }

    /// From now on nobody answers, with this outcome; nil for no more.
    package func silence(_ outcome: RegisterError.Outcome?) {
        let error = outcome.map { RegisterError(.noMajority, $0, "two of three do not answer", retryAfter: .seconds(3)) }
        state.withLock { $0.silence = error }
    }

    /// Changes that have written something.
    package var changes: Int { state.withLock { $0.changes } }

    /// Names of the registers that hold something.
    package var keys: [RegisterKey] { state.withLock { $0.held.keys.sorted() } }

    /// Rows of a register, by their whole keys.
    package func rows(of key: RegisterKey) -> [StoredRow] { state.withLock { $0.held[key]?.rows ?? [] } }

    /// The hour has passed everywhere: what the machine says is of it goes, read as a replica that sweeps reads it.
    package func pass(_ hour: CreationHour) {
        state.withLock { state in
            state.passed = hour
            for key in state.held.keys.sorted() {
                var gone: Set<[UInt8]> = []
                for row in state.held[key]?.rows ?? [] {
                    guard let own = machine.hour(of: row, in: key) else { continue }
                    guard own <= hour else { break }
                    gone.insert(row.key)
                }
                state.held[key]?.rows.removeAll { gone.contains($0.key) }
            }
        }
    }

    // MARK: Engine

    package func change(
        _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        try answer { [machine] state in
            guard command.count <= RegisterLimits.commandBytes else { throw MachineRefusal("the command is too large") }
            var held = state.held[key] ?? Held(), view = Self.view(of: key, held, state)
            view.mark()
            let answer = try machine.change(command, &view)
            guard view.isWithinLimits, answer.count <= RegisterLimits.answerBytes else { throw MachineRefusal("the change is too large") }
            if view.isUnchanged(from: held.state) { return answer }
            state.changes += 1
            held.version += 1
            held.state = view.whole
            let newer = view.changes.map { StoredRow(key: $0.key, value: $0.value, changed: held.version) }
            let rows = LayeredRows(Self.nothing, key, above: held.rows, isBare: true)
            held.rows = LayeredRows(rows, beneath: newer).run(from: [], changedAfter: 0, within: RowBound(rows: .max, bytes: .max)).rows
            state.held[key] = held
            return answer
        }
    }

    package func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        try answer { [machine] state in try machine.read(query, Self.view(of: key, state.held[key] ?? Held(), state)) }
    }

    package func glance(
        _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
    ) async throws(RegisterError) -> RegisterGlance {
        RegisterGlance(version: 1, isFinished: false, due: nil, answer: try await read(key, query: query, patience: patience))
    }

    private static let nothing = MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1)))

    private static func view(of key: RegisterKey, _ held: Held, _ state: State) -> RegisterView {
        RegisterView(
            state: held.state, rows: LayeredRows(nothing, key, above: held.rows, isBare: true),
            circumstances: Circumstances(now: state.now, host: "n1/1", ballot: .zero, passed: state.passed))
    }

    private func answer(_ body: (inout State) throws -> [UInt8]) throws(RegisterError) -> [UInt8] {
        let result = state.withLock { state -> Result<[UInt8], RegisterError> in
            if let silence = state.silence { return .failure(silence) }
            do {
                return .success(try body(&state))
            } catch let refusal as MachineRefusal {
                return .failure(RegisterError(
                    refusal.isLasting ? .refused : .notNow, .failed, refusal.sentence, retryAfter: refusal.isLasting ? nil : .seconds(1)))
            } catch {
                return .failure(RegisterError(.refused, .failed, "\(error)"))
            }
        }
        return try result.get()
    }
}
