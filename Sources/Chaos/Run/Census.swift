import World

/// Which nodes must run, and as which process: the harness ends and starts them, and nobody else may.
struct Census {
    private enum State {
        case runs(ProcessIdentity?)
        /// Ended by the harness.
        case ended(ProcessIdentity)
        /// Whether it runs is not known: it was started and has not come up in time.
        case open
    }

    struct Surprise: Hashable, Sendable {
        let node: String
        /// Another process has taken its place.
        let isBack: Bool
        let reason: String
    }

    private let stage: any ChaosStage
    private let nodes: [String]
    private var states: [String: State] = [:]

    /// Of a mesh that has just been started.
    init(stage: any ChaosStage, nodes: [String]) {
        self.stage = stage
        self.nodes = nodes
        for node in nodes { states[node] = .runs(stage.process(of: node)) }
    }

    var running: Set<String> { Set(nodes.filter { if case .runs = states[$0] { true } else { false } }) }

    mutating func ended(_ node: String, _ process: ProcessIdentity) { states[node] = .ended(process) }

    /// - Parameter process: nil when it has not come up.
    mutating func started(_ node: String, _ process: ProcessIdentity?) { states[node] = process.map { .runs($0) } ?? .open }

    /// Nodes whose process is not the one that it should be. Each is told once; what is there then is what should be from now on.
    mutating func surprises() -> [Surprise] {
        var surprises: [Surprise] = []
        for node in nodes {
            switch states[node] {
            case .runs(let process?) where process.isRunning: continue
            case .runs(let process):
                let name = process.map { "process \($0.pid)" } ?? "its process"
                let now = stage.process(of: node)
                let successor = now.map { ", and process \($0.pid) is there" } ?? ""
                surprises.append(Surprise(node: node, isBack: now != nil, reason: "\(name) is gone\(successor)"))
                started(node, now)
            case .ended(let process):
                guard let now = stage.process(of: node), now != process else { continue }
                surprises.append(
                    Surprise(node: node, isBack: true, reason: "process \(process.pid) was ended, and process \(now.pid) is there"))
                started(node, now)
            case .open, nil: continue
            }
        }
        return surprises
    }
}
