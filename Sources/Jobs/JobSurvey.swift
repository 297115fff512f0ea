import Membership
import Mesh
import World

// THE JOBS OF THE WHOLE MESH
//
// Nobody keeps a list of all jobs: each home knows its own. An overview therefore asks every live member's board, each
// with a short deadline, in parallel but never more than a few at a time, and says whom it has not heard. It costs one call to
// each node, so it is made only while somebody looks.

/// The jobs of the mesh as one node has gathered them.
public struct MeshJobs: Sendable, Hashable {
    /// What runs first, then the newest.
    public let jobs: [JobSummary]
    /// Live members that have not answered in time, sorted.
    public let unheard: [String]

    public init(jobs: [JobSummary], unheard: [String]) {
        self.jobs = jobs
        self.unheard = unheard
    }
}

/// Who can gather the jobs of the mesh.
public protocol JobOverview: Sendable {
    func survey() async -> MeshJobs
}

/// Asks the boards of all live members.
public struct JobSurvey: JobOverview {
    /// A board that has not answered by then is not heard.
    public static let patience = Duration.milliseconds(700)
    /// The whole survey ends by then.
    public static let longest = Duration.seconds(2)
    /// Boards that are asked at the same time.
    static let askedAtOnce = 32

    private let node: Node
    private let registry: JobRegistry
    private let limit: Int

    /// - Parameters:
    ///   - registry: of this node, which is asked without a call.
    ///   - limit: of jobs in the overview.
    public init(node: Node, registry: JobRegistry, limit: Int = JobRegistry.defaultLimit) {
        self.node = node
        self.registry = registry
        self.limit = limit
    }

    private enum Answer: Sendable {
        case jobs([JobSummary])
        case silent(String)
    }

    public func survey() async -> MeshJobs {
        let others = node.members.members.filter { $0.status.isLive && $0.name != node.identity.name }.map(\.identity)
        var jobs = await registry.summaries(limit: limit)
        var unheard: [String] = []
        for answer in await ask(others) {
            switch answer {
            case .jobs(let theirs): jobs += theirs
            case .silent(let name): unheard.append(name)
            }
        }
        return MeshJobs(jobs: Array(jobs.sorted(by: JobSummary.comesFirst).prefix(limit)), unheard: unheard.sorted())
    }

    private func ask(_ nodes: [NodeIdentity]) async -> [Answer] {
        await node.system.withDeadline(Self.longest) {
            await withTaskGroup(of: Answer.self) { group in
                var waiting = nodes[...]
                for node in waiting.prefix(Self.askedAtOnce) { group.addTask { await ask(node) } }
                waiting = waiting.dropFirst(Self.askedAtOnce)
                var answers: [Answer] = []
                for await answer in group {
                    answers.append(answer)
                    if let next = waiting.popFirst() { group.addTask { await ask(next) } }
                }
                return answers
            }
        }
    }

    private func ask(_ peer: NodeIdentity) async -> Answer {
        let system = node.system
        do {
            let jobs = try await system.withDeadline(Self.patience) {
                try await system.singleton(JobBoard.self, on: peer).list(limit)
            }
            // Whoever lists a job is its home: nobody speaks for others.
            return .jobs(jobs.prefix(limit).map(\.bounded).filter { $0.home == peer.name })
        } catch {
            return .silent(peer.name)
        }
    }
}
