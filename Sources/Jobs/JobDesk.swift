import Choreography
import Registers
import Synchronization
import World

/// Jobs of one kind, from whichever node of the mesh.
public final class JobDesk<Actor: JobActor>: JobGateway {
    public typealias Document = Actor.Document

    /// What a desk knows of the mesh.
    public struct Surroundings: Sendable {
        /// Parts of this kind that the mesh can work on at the same time; 0 while no node does this kind of work.
        public let breadth: @Sendable () -> Int
        /// Has the home of a job keep a place for it.
        public let admit: @Sendable (ActorName) async -> JobAdmission
        /// Where results lie that are too large for registers.
        public let results: any ResultStore

        public init(
            results: any ResultStore, breadth: @escaping @Sendable () -> Int,
            admit: @escaping @Sendable (ActorName) async -> JobAdmission = { _ in .granted { _ in } }
        ) {
            self.results = results
            self.breadth = breadth
            self.admit = admit
        }
    }

    /// Rows of a job's actor that make up its document.
    private static var rows: Int { 256 }

    private let world: any World
    private let actors: DurableActors
    private let limits: JobLimits
    private let surroundings: Surroundings
    private let submitted = Mutex(0)

    public init(world: any World, actors: DurableActors, limits: JobLimits, surroundings: Surroundings) {
        self.world = world
        self.actors = actors
        self.limits = limits
        self.surroundings = surroundings
    }

    /// Jobs that were submitted here.
    public var submittedCount: Int { submitted.withLock { $0 } }

    // MARK: Submitting

    public func submit(_ request: Document.Request, id: WorkID) async throws(JobGatewayError) {
        if let objection = request.objection { throw JobGatewayError(.invalid, objection) }
        let actor = ActorName(Actor.kind, of: id)
        let settle: JobAdmission.Settling
        switch await surroundings.admit(actor) {
        case .refused(let objection): throw JobGatewayError(.unavailable, objection, retryAfterSeconds: 2)
        case .granted(let settling): settle = settling
        }
        let deadline = world.wallTime.millisecondsSince1970 + limits.deadline.milliseconds
        let event = Submit(request, deadlineMs: deadline, breadth: surroundings.breadth())
        do throws(RegisterError) {
            _ = try await actors.tell(event, to: actor, as: id, operation: id)
        } catch {
            settle(error.outcome == .unknown)
            let what = "job \(id) of the kind \(Actor.kind)"
            guard error.code == .expired else { throw JobGatewayError(error, what) }
            let cause = "its id was made for it, so a clock is behind, or its Idempotency-Key is a day old"
            throw JobGatewayError(.unavailable, "\(what): \(error.sentence); \(cause): gossamer members tells whose clock is off")
        }
        settle(true)
        submitted.withLock { $0 += 1 }
    }

    // MARK: Asking

    public func status(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(JobGatewayError) -> Document {
        let actor = ActorName(Actor.kind, of: id)
        let end = world.now + patience
        while true {
            let sighting = try await sight(actor, id, seen: seen, patience: end - world.now), document = try await document(id, sighting)
            guard let seen, sighting.number <= seen, !document.status.isTerminal, world.now < end else { return document }
        }
    }

    private func sight(
        _ actor: ActorName, _ id: WorkID, seen: UInt64? = nil, patience: Duration = .zero
    ) async throws(JobGatewayError) -> ActorSighting<Actor> {
        let sighting: ActorSighting<Actor>?
        do throws(RegisterError) {
            sighting = try await actors.sighting(of: actor, Actor.self, seen: seen, rows: Self.rows, patience: patience)
        } catch {
            throw JobGatewayError(error, "job \(id)")
        }
        guard let sighting else { throw Self.unknown(id) }
        return sighting
    }

    private func document(_ id: WorkID, _ sighting: ActorSighting<Actor>) async throws(JobGatewayError) -> Document {
        let results = try await fetch(Actor.stored(sighting), id)
        guard var document = Actor.document(id, sighting, results: results, now: world.wallTime) else { throw Self.unknown(id) }
        if !document.status.isTerminal, surroundings.breadth() == 0 {
            document.warnings.append("no node with the role \(Actor.kind) is alive; the job waits for one")
        }
        if world.isMutated(.twoDeciders) { decide(&document) }
        return document
    }

    /// Of the mutation `two-deciders`: the deadline is over by the clock here, whatever the job's own register will say.
    private func decide(_ document: inout Document) {
        let end = document.createdAtMs + limits.deadline.milliseconds
        guard !document.status.isTerminal, world.wallTime.millisecondsSince1970 >= end else { return }
        document.status = .failed
        document.warnings.append(JobWarning.deadline)
    }

    private func fetch(_ locations: [ResultLocation], _ id: WorkID) async throws(JobGatewayError) -> [ResultLocation: [UInt8]] {
        var results: [ResultLocation: [UInt8]] = [:]
        for location in locations where results[location] == nil {
            guard let bytes = await surroundings.results.read(location) else {
                let nodes = location.nodes.joined(separator: " and ")
                throw JobGatewayError(.unavailable, "a result of job \(id) lies on \(nodes), and none of them answers; ask again")
            }
            results[location] = bytes
        }
        return results
    }

    private static func unknown(_ id: WorkID) -> JobGatewayError {
        JobGatewayError(.notFound, "there is no job \(id) of the kind \(Actor.kind)")
    }

    // MARK: Cancelling

    public func cancel(_ id: WorkID) async throws(JobGatewayError) {
        let actor = ActorName(Actor.kind, of: id)
        let summary = try await summary(actor, id)
        guard !summary.isEnded else { throw Self.ended(summary) }
        do throws(RegisterError) {
            // Whoever cancels twice has cancelled.
            _ = try await actors.tell(CancelJob(), to: actor, as: id, operation: nil)
        } catch {
            // It may have ended in between.
            guard error.code == .refused else { throw JobGatewayError(error, "job \(id)") }
            let summary = try await self.summary(actor, id)
            if !summary.warnings.contains(JobWarning.cancelled) { throw Self.ended(summary) }
        }
    }

    /// How it stands, without its results: where these lie nobody needs to answer.
    private func summary(_ actor: ActorName, _ id: WorkID) async throws(JobGatewayError) -> JobSummary {
        guard let summary = Actor.summary(id, try await sight(actor, id), home: "", now: world.wallTime) else { throw Self.unknown(id) }
        return summary
    }

    private static func ended(_ summary: JobSummary) -> JobGatewayError {
        JobGatewayError(.alreadyEnded, "job \(summary.id) has ended already: \(summary.status)")
    }
}

extension JobGatewayError {
    init(_ error: RegisterError, _ what: String) {
        let code: Code =
            switch error.conclusion {
            // Whose hour is closed, and who is not there, will never be.
            case _ where error.code == .expired: .notFound
            case .refused: .invalid
            case .unavailable: .unavailable
            case .unknown: .unknown
            }
        self.init(code, "\(what): \(error.sentence)", retryAfterSeconds: error.retryAfterSeconds)
    }
}
