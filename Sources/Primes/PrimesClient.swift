import Synchronization
import World

// FINDING A JOB'S HOME
//
// The home of a job is the ring's owner of its id among the nodes with the role primes, at the moment of submission. The
// ring moves afterwards, the job does not. So whoever is asked for a job looks
//  1. into its own directory of jobs it has accepted or found before (bounded; a hint, never the truth about a job),
//  2. at the ring's owner of the id, who nearly always is the home,
//  3. at all other nodes with the role, at the same time. One of them is the neighbour that the home has told, and knows at
//     least whose job it was.
// Only when all of those have answered "unknown" is it 404; when one could not be heard it is 503, since that one may know.
//
// A home that has died or left takes its jobs with it. Whoever knows that a job was there (1 or 3) answers for the dead: the job
// has failed, because of this node, and what to do about it. While membership has not decided the answer is 503 for a
// moment. Nothing waits longer than the calls do, a second or so.

/// A ``PrimesGateway`` that finds every job's home.
public final class PrimesClient: PrimesGateway {
    /// Jobs whose homes are remembered.
    static let directorySize = 10_000
    /// Nodes that are asked to become a job's home, in turn.
    static let attempts = 3

    /// What is known of a job from outside its home.
    private struct Entry {
        let home: NodeIdentity
        /// The last document seen.
        var last: PrimesStatus
    }

    public let limits: PrimesLimits
    private let world: any World
    private let homes: any PrimesHomes
    private let ids: WorkIDGenerator
    private let directory = Mutex(BoundedTable<Entry>(limit: PrimesClient.directorySize))

    public init(world: any World, homes: any PrimesHomes, limits: PrimesLimits = PrimesLimits()) {
        self.world = world
        self.homes = homes
        self.limits = limits
        ids = WorkIDGenerator(world, name: "primes.ids")
    }

    public func workers() -> Int { homes.workers() }

    // MARK: Submitting

    public func submit(_ request: PrimesRequest) async throws(PrimesGatewayError) -> PrimesStatus {
        let id = ids.next()
        let candidates = homes.candidates(for: id).prefix(Self.attempts)
        guard !candidates.isEmpty else {
            throw PrimesGatewayError(.unavailable, "no node with the role primes is alive; start one, or ask again")
        }
        var last = ""
        for node in candidates {
            do throws(PrimesCallFailure) {
                let status = try await homes.submit(request, id: id, to: node)
                learn(status, home: node)
                return status
            } catch {
                switch error {
                case .refused(let refusal) where refusal.code != .overloaded:
                    throw PrimesGatewayError(.invalid, refusal.message)
                case .silent:
                    // It may have begun. Another home would do the work twice, so the client decides.
                    throw PrimesGatewayError(.unavailable, "\(node.name) has not answered; ask again")
                case .refused(let refusal): last = refusal.message
                case .overloaded: last = "\(node.name) has too much to do"
                case .absent: last = "\(node.name) starts or drains"
                case .nodeDown: last = "\(node.name) is gone"
                case .failed(let reason): last = reason
                }
            }
        }
        throw PrimesGatewayError(.unavailable, "no home for the job: \(last)", retryAfterSeconds: 2)
    }

    // MARK: Asking

    public func status(
        _ id: WorkID, seen: UInt64?, patience: Duration
    ) async throws(PrimesGatewayError) -> PrimesStatus {
        guard let entry = directory.withLock({ $0[id] }) else { return try await search(id) }
        // How a job has ended never changes.
        if entry.last.status.isTerminal { return entry.last }
        return try await ask(entry, seen: seen, patience: patience)
    }

    /// Asks the home of a job that is known to be there, or to have been.
    private func ask(
        _ entry: Entry, seen: UInt64?, patience: Duration
    ) async throws(PrimesGatewayError) -> PrimesStatus {
        let id = entry.last.jobId
        let answer: PrimesAnswer
        do throws(PrimesCallFailure) {
            answer = try await homes.status(id, seen: seen, patience: patience, on: entry.home)
        } catch {
            return try await explain(error, entry)
        }
        guard let status = answer.status else { throw PrimesGatewayError.forgotten(id, entry.home) }
        learn(status, home: entry.home)
        return status
    }

    public func cancel(_ id: WorkID) async throws(PrimesGatewayError) -> PrimesStatus {
        if directory.withLock({ $0[id] }) == nil { _ = try await search(id) }
        guard let entry = directory.withLock({ $0[id] }) else { throw PrimesGatewayError.unknown(id) }
        do throws(PrimesCallFailure) {
            let status = try await homes.cancel(id, on: entry.home)
            learn(status, home: entry.home)
            return status
        } catch {
            switch error {
            case .refused(let refusal) where refusal.code == .alreadyEnded:
                throw PrimesGatewayError(.alreadyEnded, refusal.message)
            case .refused(let refusal) where refusal.code == .unknownJob:
                throw PrimesGatewayError.forgotten(id, entry.home)
            default:
                let lost = try await explain(error, entry)
                throw PrimesGatewayError(.alreadyEnded, lost.warnings.first ?? "the job has ended")
            }
        }
    }

    private func learn(_ status: PrimesStatus, home: NodeIdentity) {
        directory.withLock { table in
            // Two answers may overtake each other.
            if let known = table[status.jobId], known.home == home, known.last.version > status.version { return }
            table.insert(Entry(home: home, last: status), for: status.jobId)
        }
    }

    /// What a failed call to the home means for the job.
    private func explain(
        _ failure: PrimesCallFailure, _ entry: Entry
    ) async throws(PrimesGatewayError) -> PrimesStatus {
        if failure == .nodeDown { return bury(entry) }
        if await homes.isDead(entry.home) { return bury(entry) }
        throw PrimesGatewayError(
            .unavailable, "\(entry.home.name), the home of job \(entry.last.jobId), does not answer now; ask again")
    }

    /// The document of a job whose home has died. It stays as it is from now on.
    private func bury(_ entry: Entry) -> PrimesStatus {
        var status = entry.last
        status.status = .failed
        status.completedAtMs = world.wallTime.millisecondsSince1970
        status.elapsedMs = max(0, world.wallTime.millisecondsSince1970 - status.createdAtMs)
        status.chunks.inFlight = 0
        status.warnings = [
            "home lost: \(entry.home.name) (life \(entry.home.life)), which ran this job, is gone, and the job with it; "
                + "submit the range again"
        ]
        status.version += 1
        learn(status, home: entry.home)
        return status
    }

    // MARK: Searching

    private enum Found: Sendable {
        case status(PrimesStatus, NodeIdentity)
        case note(PrimesNote)
        case unknown
        case unheard(NodeIdentity)
    }

    private func search(_ id: WorkID) async throws(PrimesGatewayError) -> PrimesStatus {
        let candidates = homes.candidates(for: id)
        guard let owner = candidates.first else {
            throw PrimesGatewayError(.unavailable, "no node with the role primes is alive; ask again")
        }
        var found = [await ask(owner, for: id)]
        if case .status = found[0] {} else { found += await ask(all: candidates.dropFirst(), for: id) }
        for case .status(let status, let home) in found {
            learn(status, home: home)
            return status
        }
        for case .note(let note) in found {
            return try await ask(Entry(home: note.home, last: note.accepted), seen: nil, patience: .zero)
        }
        for case .unheard(let node) in found {
            throw PrimesGatewayError(
                .unavailable, "nobody who answers knows job \(id), but \(node.name) does not answer; ask again")
        }
        throw PrimesGatewayError.unknown(id)
    }

    private func ask(all nodes: ArraySlice<NodeIdentity>, for id: WorkID) async -> [Found] {
        await withTaskGroup(of: (Int, Found).self) { group in
            for (index, node) in nodes.enumerated() { group.addTask { (index, await self.ask(node, for: id)) } }
            var found: [(Int, Found)] = []
            for await answer in group { found.append(answer) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func ask(_ node: NodeIdentity, for id: WorkID) async -> Found {
        do throws(PrimesCallFailure) {
            let answer = try await homes.status(id, seen: nil, patience: .zero, on: node)
            if let status = answer.status { return .status(status, node) }
            if let note = answer.note { return .note(note) }
            return .unknown
        } catch {
            // The dead know nothing, nor does who has no home; from anyone else the answer may still come.
            return error == .nodeDown || error == .absent ? .unknown : .unheard(node)
        }
    }
}

extension PrimesGatewayError {
    fileprivate static func unknown(_ id: WorkID) -> PrimesGatewayError {
        PrimesGatewayError(.notFound, "no node knows a primes job \(id)")
    }

    fileprivate static func forgotten(_ id: WorkID, _ home: NodeIdentity) -> PrimesGatewayError {
        PrimesGatewayError(.notFound, "job \(id) ended so long ago that \(home.name) has forgotten it")
    }
}
