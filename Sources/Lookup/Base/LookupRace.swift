import JSONDocument
import Synchronization
import World

/// A lookup against its time-out. The first end counts; the place is kept until the lookup has really ended, so that one that
/// does not let itself be cancelled is still one of those that run.
final class LookupRace: Sendable {
    private struct State {
        var continuation: CheckedContinuation<LookupFinding, any Error>?
        var tasks: [SpawnedTask] = []
        var isOver = false
    }

    private let state = Mutex(State())

    /// - Parameter ended: called once, when the worker has returned, however late.
    /// - Throws: `CancellationError`.
    static func run(
        _ worker: any LookupWorker, _ target: LookupTarget, _ world: any World, ended: @escaping @Sendable () async -> Void
    ) async throws -> LookupFinding {
        let race = LookupRace()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                race.state.withLock { $0.continuation = continuation }
                race.add(world.spawn("lookup.\(worker.service.name)") {
                    let result = await perform(worker, target, world)
                    race.end(result)
                    await ended()
                })
                race.add(world.spawn("lookup.timeout") {
                    do { try await world.sleep(for: worker.timeout) } catch { return }
                    let sentence = "\(worker.service.title) lookup timed out after \(spoken(worker.timeout))."
                    race.end(.success(LookupFinding(LookupFailure(sentence))))
                })
                if Task.isCancelled { race.end(.failure(CancellationError())) }
            }
        } onCancel: {
            race.end(.failure(CancellationError()))
        }
    }

    private static func perform(
        _ worker: any LookupWorker, _ target: LookupTarget, _ world: any World
    ) async -> Result<LookupFinding, any Error> {
        do {
            let answer = try await worker.lookUp(target, world)
            let text = answer.document.text()
            guard text.utf8.count <= LookupBench.documentLimit else {
                let sentence = "the \(worker.service.title) result has \(text.utf8.count) bytes; at most "
                return .success(LookupFinding(LookupFailure(sentence + "\(LookupBench.documentLimit) are kept")))
            }
            return .success(LookupFinding(text, keep: answer.keep, address: answer.address))
        } catch let failure as LookupFailure {
            return .success(LookupFinding(failure))
        } catch is CancellationError {
            return .failure(CancellationError())
        } catch {
            return .success(LookupFinding(LookupFailure("\(worker.service.title) lookup failed: \(error)")))
        }
    }

    /// Keeps the task to cancel it at the end, or cancels it at once when that has come.
    private func add(_ task: SpawnedTask) {
        let isLate = state.withLock { state in
            if !state.isOver { state.tasks.append(task) }
            return state.isOver
        }
        if isLate { task.cancel() }
    }

    private func end(_ result: Result<LookupFinding, any Error>) {
        let over = state.withLock { state -> State? in
            // A race that is called off before it has begun has no continuation yet; it looks for that itself.
            guard state.continuation != nil else { return nil }
            defer { state = State(isOver: true) }
            return state
        }
        over?.continuation?.resume(with: result)
        for task in over?.tasks ?? [] { task.cancel() }
    }

    /// `5s`, `1.5s`, `200ms`.
    private static func spoken(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds % 1_000 == 0 { return "\(milliseconds / 1_000)s" }
        return milliseconds < 1_000 ? "\(milliseconds)ms" : "\(Double(milliseconds) / 1_000)s"
    }
}
