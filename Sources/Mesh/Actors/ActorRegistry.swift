import Distributed
import Synchronization
import World

/// The local actors of a node, by number and, for singletons, by type.
final class ActorRegistry: Sendable {
    private struct State {
        var cells: [UInt64: (type: ActorType, cell: ActorCell)] = [:]
        var singletons: [ActorType: ActorCell] = [:]
        var lastNumber: UInt64 = 0
        var resigned: (@Sendable (ActorType, UInt64) -> Void)?
    }

    private let state = Mutex(State())
    private let changes = Atomic<UInt64>(1)

    /// Rises when a singleton comes or goes.
    var version: UInt64 { changes.load(ordering: .acquiring) }

    /// Makes the place for an actor whose init has begun. A singleton takes the place of an earlier one.
    func assign(_ type: ActorType, isSingleton: Bool, cell: ActorCell) -> UInt64 {
        state.withLock { state in
            if isSingleton {
                state.singletons[type] = cell
                changes.add(1, ordering: .releasing)
                return 0
            }
            state.lastNumber += 1
            state.cells[state.lastNumber] = (type, cell)
            return state.lastNumber
        }
    }

    func cell(_ type: ActorType, number: UInt64) -> ActorCell? {
        state.withLock { state in
            if number == 0 { return state.singletons[type] }
            guard let entry = state.cells[number], entry.type == type else { return nil }
            return entry.cell
        }
    }

    enum Finding { case found(ActorCell), wrongType(ActorType), nobody }

    /// The actor with this number, if it is of the type that declares the called function; for number 0 the type's singleton.
    func find(number: UInt64, declaring type: ActorType) -> Finding {
        state.withLock { state in
            if number == 0 { return state.singletons[type].map { .found($0) } ?? .nobody }
            guard let entry = state.cells[number] else { return .nobody }
            return entry.type == type ? .found(entry.cell) : .wrongType(entry.type)
        }
    }

    /// Forgets an actor that is going away. May run under any lock of the program that released the actor, and within any
    /// change of the core's own state, so it does nothing but remove, and tells the listener, which must only enqueue.
    /// - Parameter cell: the actor's own; a singleton's place may be its successor's by now.
    func resign(_ type: ActorType, number: UInt64, cell: ActorCell) {
        let listener: (@Sendable (ActorType, UInt64) -> Void)? = state.withLock { state in
            if number == 0 {
                guard state.singletons[type] === cell else { return nil }
                state.singletons[type] = nil
                changes.add(1, ordering: .releasing)
            } else {
                guard state.cells.removeValue(forKey: number) != nil else { return nil }
            }
            return state.resigned
        }
        cell.mailbox.close()
        listener?(type, number)
    }

    /// - Parameter listener: hears of every actor that goes away without a successor. Must only enqueue: see ``resign(_:number:cell:)``.
    func onResign(_ listener: @escaping @Sendable (ActorType, UInt64) -> Void) {
        state.withLock { $0.resigned = listener }
    }

    /// All local actors with their unfinished calls, sorted by type and number.
    func summaries() -> [ActorSummary] {
        let all = state.withLock { state in
            state.cells.map { ($0.value.type, $0.key, $0.value.cell) } + state.singletons.map { ($0.key, 0, $0.value) }
        }
        return all.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map {
            ActorSummary(type: $0.0, number: $0.1, unfinishedCalls: $0.2.mailbox.unfinished)
        }
    }
}

/// What a node tells of one of its actors.
public struct ActorSummary: Sendable, Hashable {
    public let type: ActorType
    /// 0 for a node's singleton.
    public let number: UInt64
    /// Calls from other nodes that have been delivered and have not ended.
    public let unfinishedCalls: Int
}
