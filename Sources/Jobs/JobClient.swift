import Synchronization
import World

// FINDING A JOB'S HOME
//
// The home of a job is the ring's owner of its id among the nodes with the role of its kind, at the moment of submission. The
// ring moves afterwards, the job does not. So whoever is asked for a job looks
//  1. into its own memory of jobs it has accepted or found before (bounded; it knows whose a job is, and how some have ended),
//  2. at the ring's owner of the id, who nearly always is the home,
//  3. at all other nodes with the role, at the same time. One of them is the neighbour that the home has told, and knows at
//     least whose job it was.
// Only when all of those have answered "unknown" is it 404; when one could not be heard it is 503, since that one may know.
//
// THE VERDICT ON A LOST HOME
//
// A job lies in the memory of its home and dies with it; of jobs that had ended, the home's neighbour knows how. So once
// membership has decided that the home is dead, its neighbours are asked, and when none knows an end, the edge says that the job
// has failed, because of this node, and what to do about it. While membership has not decided the answer is 503 for a moment.
// Nothing waits longer than the calls do, a second or so.
//
// That is a verdict of the edge, not the word of the job: membership may be wrong about a node that stood still or was cut
// off, and other edges may see it otherwise. So it is made anew for every question and never kept. When the same life of the home is a
// live member again, the home is asked again and its word counts; so does an end that a neighbour tells later. What proves
// that the life is over (the node has left, or lives in a higher life) needs no mark either: membership never shows an identity live
// again after that, so the verdict stands by itself. When the mesh is whole, all edges have heard the same and say the same.
//
// The verdict is made of nothing but the job's acceptance, which every edge can know, so that two edges word it alike: no parts
// that one of them happened to have heard of, and no time of an end, because nobody knows one.

/// A ``JobGateway`` that finds every job's home.
public final class JobClient<Document: JobDocument>: JobGateway {
    /// Nodes that are asked to become a job's home, in turn.
    static var attempts: Int { 3 }

    let role: String
    let homes: any JobHomes<Document>
    let memory = Mutex(JobMemory<Document>())
    private let ids: WorkIDGenerator

    /// - Parameter role: of the nodes that are homes; it names the kind of work.
    public init(world: any World, homes: any JobHomes<Document>, role: String) {
        self.role = role
        self.homes = homes
        ids = WorkIDGenerator(world, name: "\(role).ids")
    }

    // MARK: Submitting

    public func submit(_ request: Document.Request) async throws(JobGatewayError) -> Document {
        let id = ids.next()
        let candidates = homes.candidates(for: id).prefix(Self.attempts)
        guard !candidates.isEmpty else {
            throw JobGatewayError(.unavailable, "no node with the role \(role) is alive; start one, or ask again")
        }
        var last = ""
        for node in candidates {
            do throws(JobCallFailure) {
                let status = try await homes.submit(request, id: id, to: node)
                learn(status, home: node)
                return status
            } catch {
                if case .refused(let refusal) = error, refusal.code != .overloaded {
                    throw JobGatewayError(.invalid, refusal.message)
                }
                // Another home would do the work twice, so the client decides.
                if error.mayHaveBegun { throw JobGatewayError(.unavailable, "\(error.text(of: node)); ask again") }
                last = error.text(of: node)
            }
        }
        throw JobGatewayError(.unavailable, "no home for the job: \(last)", retryAfterSeconds: 2)
    }

    // MARK: Asking

    public func status(
        _ id: WorkID, seen: UInt64?, patience: Duration
    ) async throws(JobGatewayError) -> Document {
        let (end, entry) = memory.withLock { ($0.end(of: id), $0[id]) }
        // How a job has ended never changes.
        if let end { return end }
        guard let entry else { return try await search(id, seen: seen) }
        return try await ask(entry, seen: seen, patience: patience)
    }

    /// Asks the home of a job that is known to be there, or to have been.
    /// - Parameter heard: what the others have said of the job, if they have been asked already.
    func ask(
        _ entry: JobMemory<Document>.Entry, seen: UInt64?, patience: Duration, heard: [Found]? = nil
    ) async throws(JobGatewayError) -> Document {
        let id = entry.accepted.jobId
        let answer: JobAnswer<Document>
        do throws(JobCallFailure) {
            answer = try await homes.status(id, seen: seen, patience: patience, on: entry.home)
        } catch {
            return try await explain(entry, seen: seen, heard: heard)
        }
        guard let status = answer.status else { throw JobGatewayError.forgotten(id, entry.home) }
        learn(status, home: entry.home)
        return status
    }

    // MARK: Cancelling

    public func cancel(_ id: WorkID) async throws(JobGatewayError) -> Document {
        if memory.withLock({ $0[id] }) == nil {
            let found = try await search(id, seen: nil)
            if found.status.isTerminal { throw JobGatewayError.ended(found) }
        }
        let (end, entry) = memory.withLock { ($0.end(of: id), $0[id]) }
        if let end { throw JobGatewayError.ended(end) }
        guard let entry else { throw JobGatewayError.unknown(id, role) }
        do throws(JobCallFailure) {
            let status = try await homes.cancel(id, on: entry.home)
            learn(status, home: entry.home)
            return status
        } catch {
            switch error {
            case .refused(let refusal) where refusal.code == .alreadyEnded:
                throw JobGatewayError(.alreadyEnded, refusal.message)
            case .refused(let refusal) where refusal.code == .unknownJob:
                throw JobGatewayError.forgotten(id, entry.home)
            default:
                let told = try await explain(entry, seen: nil)
                guard told.status.isTerminal else {
                    throw JobGatewayError(.unavailable, "job \(id) has another home by now; ask again")
                }
                throw JobGatewayError.ended(told)
            }
        }
    }

    func learn(_ document: Document, home: NodeIdentity) { memory.withLock { $0.learn(document, home: home) } }
}

extension JobCallFailure {
    /// What is wrong, as a sentence about the node that was called.
    fileprivate func text(of node: NodeIdentity) -> String {
        switch self {
        case .nodeDown: "\(node.name) is gone"
        case .cutOff: "\(node.name) was cut off before it answered"
        case .overloaded: "\(node.name) has too much to do"
        case .silent: "\(node.name) has not answered"
        case .absent: "\(node.name) starts or drains"
        case .refused(let refusal): refusal.message
        case .failed(let reason): reason
        case .broken(let reason): "the answer of \(node.name) is of no use: \(reason)"
        }
    }
}

extension JobGatewayError {
    static func unknown(_ id: WorkID, _ role: String) -> JobGatewayError {
        JobGatewayError(.notFound, "no node knows a \(role) job \(id)")
    }

    static func forgotten(_ id: WorkID, _ home: NodeIdentity) -> JobGatewayError {
        JobGatewayError(.notFound, "job \(id) ended so long ago that \(home.name) has forgotten it")
    }

    fileprivate static func ended(_ document: some JobDocument) -> JobGatewayError {
        let reason = document.warnings.first.map { ": \($0)" } ?? ""
        return JobGatewayError(.alreadyEnded, "job \(document.jobId) has ended already: \(document.status.rawValue)\(reason)")
    }
}
