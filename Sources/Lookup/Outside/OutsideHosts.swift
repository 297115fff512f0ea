import Synchronization
import World

// ONE DOOR TO THE OUTSIDE
//
// Whatever a lookup asks of a server outside the mesh (an RDAP server and the registry of them, the GeoIP service, a name server) goes
// through this door, by the server's host and port. Behind it each host has a breaker (CircuitBreaker), which leaves it alone while it
// fails, and places (Bulkhead), so that a node never has more than so many calls of it under way. The door is one for all workers of
// a node, because a host is one for all of them. Pinged targets are no servers of ours, and do not pass here.
//
// A call has one patience for everything: waiting for a place, asking, pausing, asking again. What may pass by itself (nobody listens,
// a connection that breaks, 502, 503, 504) is repeated here and nowhere else, a few times, after pauses with full jitter; what is
// certain to come out the same is not. That is all the repeating there is for one question. The mesh looks a target up again only
// when the node that did so has died or was silent, and what a name server does not answer is sent again by c-ares, so the door puts
// it once. The slow phase after the quick one is the breaker's: a host that has failed so often is tried once in a pause, whoever
// wants to ask it.
//
// A refusal is not a failure of the host and counts as nothing there. Nobody tries again because of one.

/// One question to a host outside.
public struct OutsideCall: Sendable {
    /// `host:port`, in lower case.
    public let host: String
    /// For everything together. It is over when no answer has come by then, and the body is told what is left of it.
    public let patience: Duration
    /// Without an answer for so long the host counts as silent, even if the caller no longer waits by then.
    public let silence: Duration
    let isForNameServer: Bool

    /// A question of which the door takes care altogether.
    public init(_ host: String, patience: Duration) {
        self.init(host, patience: patience, silence: patience / 2, isForNameServer: false)
    }

    private init(_ host: String, patience: Duration, silence: Duration, isForNameServer: Bool) {
        self.host = host
        self.patience = patience
        self.silence = silence
        self.isForNameServer = isForNameServer
    }

    /// A question to a name server, which has places of another number and repeats itself.
    static func nameServer(_ host: String, patience: Duration, silence: Duration) -> OutsideCall {
        OutsideCall(host, patience: patience, silence: silence, isForNameServer: true)
    }
}

/// The hosts outside that a node asks.
public final class OutsideHosts: Sendable {
    private struct Waiter {
        let host: String
        let continuation: CheckedContinuation<CircuitBreaker.Permit, any Error>
        var timer: SpawnedTask?
    }

    private struct State {
        var table: OutsideTable
        var random: RandomStream
        var waiters: [UInt64: Waiter] = [:]
        var numbers: UInt64 = 0
    }

    let world: any World
    /// Says which addresses may be asked, and about which.
    public let addresses: AddressJudge
    private let figures: OutsideFigures
    private let state: Mutex<State>

    public init(world: any World, figures: OutsideFigures = OutsideFigures(), addresses: AddressPolicy = AddressPolicy()) {
        self.world = world
        self.addresses = AddressJudge(addresses)
        let figures = figures.clamped
        self.figures = figures
        state = Mutex(State(table: OutsideTable(figures), random: world.random("lookup.outside")))
    }

    /// Calls that were refused because too many other hosts were being asked.
    package var crowded: Int { state.withLock { $0.table.crowded } }

    /// What there is of each host, sorted by name.
    package var hosts: [(name: String, host: OutsideHost)] {
        state.withLock { state in state.table.hosts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// Asks, when the host may be asked and has a place.
    /// - Parameter body: asks once, in the time that is given to it. An error that is an ``OutsideError`` says what it tells of the host.
    /// - Returns: what the last time of asking has brought.
    /// - Throws: ``OutsideRefusal`` when the host was not asked; what `body` threw at last; `CancellationError`.
    public func ask<Value: Sendable>(
        _ call: OutsideCall, _ body: @Sendable (_ rest: Duration) async throws -> OutsideAnswer<Value>
    ) async throws -> Value {
        let deadline = world.now + call.patience
        var last: Result<Value, any Error>?
        var asked = 0
        while true {
            let permit: CircuitBreaker.Permit
            do {
                permit = try await enter(call, isRetry: asked > 0, until: deadline)
            } catch let refusal as OutsideRefusal {
                // What the host itself has said tells more than that it may not be asked again.
                guard let last else { throw refusal }
                return try last.get()
            }
            let (result, verdict) = await attempt(call, deadline, body)
            asked += 1
            leave(call.host, permit, verdict)
            guard case .faulty(_, isTransient: true, rest: let rest) = verdict, asked < attempts(call) else { return try result.get() }
            let jitter = state.withLock { OutsideFigures.retryPauses.pause(after: asked, &$0.random) }
            let next = world.now + max(jitter, rest ?? .zero)
            guard next < deadline else { return try result.get() }
            last = result
            try await world.sleep(until: next)
        }
    }

    private func attempts(_ call: OutsideCall) -> Int { call.isForNameServer ? 1 : figures.attempts }

    private func attempt<Value: Sendable>(
        _ call: OutsideCall, _ deadline: Instant, _ body: @Sendable (Duration) async throws -> OutsideAnswer<Value>
    ) async -> (Result<Value, any Error>, OutsideVerdict) {
        let begun = world.now
        do {
            let answer = try await body(deadline - begun)
            return (.success(answer.value), answer.verdict)
        } catch let error as any OutsideError {
            return (.failure(error), error.verdict)
        } catch let error as CancellationError {
            // Most who give up do so because nothing came.
            let isSilent = world.now - begun >= call.silence
            let words = "no answer within \(call.silence.milliseconds) ms"
            return (.failure(error), isSilent ? .faulty(words, isTransient: false) : .untold)
        } catch {
            return (.failure(error), .untold)
        }
    }

    // MARK: Places

    private func enter(_ call: OutsideCall, isRetry: Bool, until deadline: Instant) async throws -> CircuitBreaker.Permit {
        let number = state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                let now = world.now
                let turn = state.withLock { state in
                    let turn = state.table.enter(
                        call.host, places: call.isForNameServer ? figures.questions : figures.calls, number, isRetry: isRetry, now)
                    if turn == nil { state.waiters[number] = Waiter(host: call.host, continuation: continuation) }
                    return turn
                }
                if let turn { continuation.resume(turn) } else { watch(number, until: deadline) }
            }
        } onCancel: {
            giveUp(number, isLate: false)
        }
    }

    /// Sees to it that a call does not wait in vain.
    private func watch(_ number: UInt64, until deadline: Instant) {
        let timer = world.spawn("lookup.outside-wait") { [self] in
            do { try await world.sleep(until: deadline) } catch { return }
            giveUp(number, isLate: true)
        }
        let isOver = state.withLock { state in
            state.waiters[number]?.timer = timer
            return state.waiters[number] == nil
        }
        if isOver { timer.cancel() }
        // The handler may have come before there was anything to give up.
        if Task.isCancelled { giveUp(number, isLate: false) }
    }

    private func giveUp(_ number: UInt64, isLate: Bool) {
        let gone = state.withLock { state -> (Waiter, OutsideRefusal?)? in
            guard let waiter = state.waiters.removeValue(forKey: number) else { return nil }
            return (waiter, state.table.giveUp(waiter.host, number, isLate: isLate))
        }
        guard let (waiter, refusal) = gone else { return }
        waiter.timer?.cancel()
        waiter.continuation.resume(throwing: refusal ?? CancellationError())
    }

    private func leave(_ host: String, _ permit: CircuitBreaker.Permit, _ verdict: OutsideVerdict) {
        let now = world.now
        let turns = state.withLock { state in
            state.table.leave(host, permit, verdict, now, &state.random).compactMap { number, turn in
                state.waiters.removeValue(forKey: number).map { ($0, turn) }
            }
        }
        for (waiter, turn) in turns {
            waiter.timer?.cancel()
            waiter.continuation.resume(turn)
        }
    }
}

extension CheckedContinuation<CircuitBreaker.Permit, any Error> {
    fileprivate func resume(_ turn: OutsideTable.Turn) {
        switch turn {
        case .goes(let permit): resume(returning: permit)
        case .refused(let refusal): resume(throwing: refusal)
        }
    }
}
