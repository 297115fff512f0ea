import Choreography
import Registers
import Synchronization
import World

/// What tasks say to the mesh in which they run, in the order in which they say it. They know nothing else of it.
final class Post: Sendable {
    typealias Answer = Result<[UInt8], RegisterError>

    /// A register that a task wants asked.
    struct Wish: Sendable {
        /// Names it in ``Post/answer(_:_:)``. Unique in a run.
        let number: UInt64
        let key: RegisterKey
        let action: RegisterWish.Action
        let patience: Duration
    }

    enum Word: Sendable {
        case wish(Wish)
        /// What a user is to be told.
        case answered(call: UInt64, EdgeAnswer)
        /// A worker is through with a part.
        case worked(PartCall)
    }

    /// A word and the process whose task has said it.
    struct Letter: Sendable {
        let process: Int
        let word: Word
    }

    private struct State {
        var letters: [Letter] = []
        var last: UInt64 = 0
        /// Tasks that wait for what comes of their wishes.
        var waiting: [UInt64: (process: Int, task: CheckedContinuation<Answer, Never>)] = [:]
        var ended: Set<Int> = []
        var isClosed = false
    }

    private static let over = Answer.failure(RegisterError(.notReady, .failed, "this process has ended"))
    private let state = Mutex(State())

    func say(_ word: Word, as process: Int) { state.withLock { $0.letters.append(Letter(process: process, word: word)) } }

    /// Has a register asked, and returns what came of it. A process that has ended asks nothing any more.
    nonisolated(nonsending) func ask(
        _ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration, as process: Int
    ) async -> Answer {
        await withCheckedContinuation { task in
            let isOver = state.withLock { state in
                if state.isClosed || state.ended.contains(process) { return true }
                state.last += 1
                state.waiting[state.last] = (process, task)
                let wish = Wish(number: state.last, key: key, action: action, patience: patience)
                state.letters.append(Letter(process: process, word: .wish(wish)))
                return false
            }
            if isOver { task.resume(returning: Self.over) }
        }
    }

    // MARK: The mesh's side

    /// What was said since the last time.
    func take() -> [Letter] {
        state.withLock { state in
            defer { state.letters = [] }
            return state.letters
        }
    }

    /// The task that has this wish goes on; one whose process has ended has gone on before.
    func answer(_ number: UInt64, _ answer: Answer) {
        state.withLock { $0.waiting.removeValue(forKey: number)?.task }?.resume(returning: answer)
    }

    /// A process has ended: what its tasks wait for, and what they still ask for, fails at once.
    func end(_ process: Int) {
        let tasks = state.withLock { state in
            state.ended.insert(process)
            let numbers = state.waiting.filter { $0.value.process == process }.keys.sorted()
            return numbers.compactMap { state.waiting.removeValue(forKey: $0)?.task }
        }
        for task in tasks { task.resume(returning: Self.over) }
    }

    /// All processes have ended.
    func close() {
        let tasks = state.withLock { state in
            defer { (state.isClosed, state.waiting) = (true, [:]) }
            return state.waiting.sorted { $0.key < $1.key }.map(\.value.task)
        }
        for task in tasks { task.resume(returning: Self.over) }
    }
}

/// The registers of a simulated mesh, as tasks of one process reach them.
struct PostedRegisters: RegisterEngine {
    let world: SimulatedWorld
    let post: Post
    let process: Int

    nonisolated(nonsending) func change(
        _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        try await ask(key, .change(operation: operation, command: command), patience).get()
    }

    nonisolated(nonsending) func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        try await ask(key, .read(query), patience).get()
    }

    nonisolated(nonsending) func glance(
        _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
    ) async throws(RegisterError) -> RegisterGlance {
        let deadline = world.now + patience
        var last: RegisterGlance?
        while true {
            switch await ask(key, .glance(query, seen: seen), deadline - world.now) {
            case .success(let bytes):
                guard let glance = try? RegisterGlance(unpacking: bytes) else {
                    throw RegisterError(.refused, .failed, "what was answered of \(key) is no glance")
                }
                if glance.isNews(to: seen) || world.now >= deadline || Task.isCancelled { return glance }
                last = glance
            case .failure(let error):
                // Nobody has answered any more: what was told last is what there is.
                guard let last else { throw error }
                return last
            }
        }
    }

    private nonisolated(nonsending) func ask(_ key: RegisterKey, _ action: RegisterWish.Action, _ patience: Duration) async -> Post.Answer {
        await post.ask(key, action, patience: patience, as: process)
    }
}
