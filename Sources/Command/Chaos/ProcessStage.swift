import Chaos
import Glibc
import JSONDocument
import NIOHTTP1
import Topology
import World

/// Real nodes of this program, for chaos runs.
struct ProcessStage: ChaosStage {
    let topology: Topology
    let world: any World

    private let asker = HTTPAsker()

    init(_ topology: Topology, world: any World) {
        self.topology = topology
        self.world = world
    }

    private func arguments(_ mutations: Set<Mutation>) -> [String] {
        ["--chaos"] + mutations.sorted().flatMap { ["--mutate", $0.rawValue] }
    }

    func start(
        mutations: Set<Mutation>, timeout: Duration, isInterrupted: @Sendable () -> Bool, starter: @Sendable (ProcessIdentity) -> Void
    ) async throws(StageFailure) {
        let log = MeshFiles(topology).directory + "/up.log"
        let up: ChildProcess
        do {
            try SystemFileSystem().createDirectory(MeshFiles(topology).directory)
            up = try ChildProcess(
                path: ChildProcess.ownProgram,
                arguments: ["up", topology.file, "--detach", "--init", "--timeout", String(timeout.milliseconds / 1_000)]
                    + arguments(mutations),
                output: .file(log), error: .file(log))
        } catch {
            throw StageFailure("the mesh cannot be started: \(error)")
        }
        starter(up.identity)
        var report = up.poll(), isAsked = false
        while report == nil {
            // It ends what it has started, and then itself; asked twice it would lose its patience.
            if isInterrupted(), !isAsked {
                up.signal(SIGTERM)
                isAsked = true
            }
            try? await world.sleep(for: .milliseconds(20))
            report = up.poll()
        }
        guard report?.ending != .exited(code: 0) else { return }
        let words = (try? SystemFileSystem().read(log)).map { String(decoding: $0.suffix(2_000), as: UTF8.self) } ?? ""
        throw StageFailure("the mesh did not become complete: \(words.split(separator: "\n").suffix(3).joined(separator: " / "))")
    }

    func start(node name: String, mutations: Set<Mutation>) throws(StageFailure) {
        guard let node = topology.node(named: name) else { throw StageFailure("there is no node \(name)") }
        let place = NodeFiles(node)
        do {
            try SystemFileSystem().createDirectory(place.logDirectory)
            let child = try ChildProcess(
                path: ChildProcess.ownProgram, arguments: ["node", topology.file, name] + arguments(mutations),
                output: .file(place.log), error: .file(place.log))
            // Its end is noticed by its mark; this only takes the zombie away.
            world.spawn("chaos.reaper") { [world] in
                while child.poll() == nil { do { try await world.sleep(for: .milliseconds(100)) } catch { return } }
            }
        } catch {
            throw StageFailure("\(name) cannot be started: \(error)")
        }
    }

    func process(of name: String) -> ProcessIdentity? {
        topology.node(named: name).flatMap { NodeFiles($0).running(SystemFileSystem()) }
    }

    func ask(_ question: StageQuestion) async -> StageAnswer {
        await asker.answer(question, at: topology.node(named: question.node).flatMap { base(question.door, $0) })
    }

    private func base(_ door: StageQuestion.Door, _ node: TopologyNode) -> String? {
        switch door {
        case .admin: AdminPoint(node, of: topology).base
        case .socket: "unix:" + NodeFiles(node).socket
        case .edge: node.edge?.url
        }
    }
}

extension HTTPAsker {
    /// Asks what a harness wants to know.
    /// - Parameter base: of the door that the question is for; nil when the node has none.
    func answer(_ question: StageQuestion, at base: String?) async -> StageAnswer {
        guard let base else { return .refused("\(question.node) has no such door") }
        do throws(NoAnswer) {
            let answer = try await ask(
                base, question.path, method: HTTPMethod(rawValue: question.method.rawValue), body: question.body,
                idempotencyKey: question.key, timeout: question.timeout)
            return .answered(status: answer.status, answer.json, complaint: answer.isSuccess ? "" : answer.complaint)
        } catch {
            return error.wasRefused ? .refused(error.description) : .silent(error.description)
        }
    }
}
