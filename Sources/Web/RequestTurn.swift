import NIOCore
import ServiceLifecycle
import Synchronization
import World

/// Lets a request wait for its turn: it is not late for that, and it waits no longer than somebody waits for its answer.
final class RequestTurn: Sendable {
    private struct State {
        var waited = Duration.zero
        var since: Instant?
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) { self.channel = channel }

    /// The client's address, without a port. Nil for a client that has none, or has gone.
    var peer: String? { channel.remoteAddress?.ipAddress }

    /// For how long the request has waited by now.
    func waited(_ now: Instant) -> Duration {
        state.withLock { state in state.waited + (state.since.map { now - $0 } ?? .zero) }
    }

    /// Returns after `pause`; or at once with false when the client goes away, or the server is being stopped.
    func wait(_ pause: Duration, _ world: any World) async -> Bool {
        let begun = world.now
        state.withLock { $0.since = begun }
        defer {
            let now = world.now
            state.withLock { ($0.waited, $0.since) = ($0.waited + (now - begun), nil) }
        }
        let departure = ConnectionGuard.departure(of: channel)
        return await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await world.sleep(for: pause)) != nil }
                group.addTask {
                    for await _ in departure {}
                    return false
                }
                let isOver = await group.next() ?? false
                group.cancelAll()
                return isOver
            }
        }
    }
}

extension WebRequest {
    /// The address from which the request has come, without a port: the client's, or that of a proxy before it.
    public var peer: String? { turn.peer }

    /// Waits for its turn, before anything is done. That time is none of the request's deadline.
    /// - Returns: the request, as one that has begun so much later. Nil when the client has gone meanwhile, or the server is being stopped.
    package func waiting(_ pause: Duration, _ world: any World) async -> WebRequest? {
        let before = world.now
        guard await turn.wait(pause, world) else { return nil }
        var later = self
        later.begun = begun + (world.now - before)
        return later
    }
}
