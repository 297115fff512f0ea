import Glibc
import JSONDocument
import Orders
import World

/// Does harm to a running mesh, and takes it back.
struct Harm: Sendable {
    let stage: any ChaosStage
    let recorder: Recorder
    let board: JobBoard
    let nodes: [String]
    /// Those of them at which work comes in.
    let edges: [String]
    let mutations: Set<Mutation>
    let world: any World

    /// How often a worker with something in flight is looked for.
    static let looks = 50
    /// How long the homes of jobs are looked for.
    static let patience = Duration.seconds(10)
    /// A rule outlives its step by this much if the harness cannot take it back.
    static let margin = Duration.seconds(2)

    /// A cut that has been made: what must be taken back, and where.
    struct Made: Hashable, Sendable {
        let name: String
        /// By node, the names of its rules.
        let rules: [String: [String]]
    }

    struct Missed: Error { let reason: String }

    // MARK: Targets

    /// - Throws: when there is no such node now.
    func resolve(_ target: Target) async throws(Missed) -> String {
        switch target {
        case .node(let name): return name
        case .homeOfJob(let age):
            let entries = board.openJobs
            guard let entry = age == .oldest ? entries.first : entries.last else { throw Missed(reason: "no job runs") }
            guard let home = try await homes(of: [entry]).first else { throw Missed(reason: "job \(entry.process) has no home") }
            return home
        case .busiestWorker(let exceptHomes):
            let homes = exceptHomes ? try await homes(of: board.openJobs) : []
            // Between two short parts a worker has nothing for a moment.
            for _ in 0..<Self.looks {
                if let node = await busiestWorker(except: homes) { return node }
                try? await world.sleep(for: .milliseconds(20))
            }
            throw Missed(reason: "no worker \(exceptHomes ? "but a home " : "")has anything in flight")
        case .homeOfOrders:
            // An order takes some tens of milliseconds.
            for _ in 0..<Self.looks {
                if let node = await busiestHome() { return node }
                try? await world.sleep(for: .milliseconds(20))
            }
            throw Missed(reason: "no node lists an order that is under way")
        }
    }

    /// Resolves all, which must be different nodes.
    private func resolve(_ targets: [Target]) async throws(Missed) -> [String] {
        var found: [String] = []
        for target in targets {
            let node = try await resolve(target)
            guard !found.contains(node) else { throw Missed(reason: "\(target) is \(node), which is named already") }
            found.append(node)
        }
        return found
    }

    /// The nodes that look after the registers of these jobs now: where any node lists them. Asked until each has one, for a while,
    /// because after a death a job is in nobody's care until the others know of it.
    private func homes(of entries: [JobBoard.Entry]) async throws(Missed) -> Set<String> {
        var open = entries, homes: Set<String> = []
        let deadline = world.now + Self.patience
        while !open.isEmpty {
            for node in nodes where stage.process(of: node) != nil && !open.isEmpty {
                let rows = await stage.ask(StageQuestion(node, .admin, .get, "/jobs")).document?["jobs"]?.elements ?? []
                for row in rows {
                    guard let id = row["jobId"]?.string, let home = row["home"]?.string else { continue }
                    guard let index = open.firstIndex(where: { $0.jobId == id }) else { continue }
                    open.remove(at: index)
                    homes.insert(home)
                }
            }
            guard let first = open.first else { break }
            guard world.now < deadline, (try? await world.sleep(for: .milliseconds(20))) != nil else {
                throw Missed(reason: "no node lists job \(first.process), \(first.jobId)")
            }
        }
        return homes
    }

    /// The node that looks after the registers of most orders that are not over, as the first node that answers lists them.
    private func busiestHome() async -> String? {
        for node in nodes where stage.process(of: node) != nil {
            let answer = await stage.ask(StageQuestion(node, .admin, .get, "/sagas?kind=\(Order.kind)&limit=200", timeout: .seconds(3)))
            guard let rows = answer.document?["sagas"]?.elements else { continue }
            let orders = Dictionary(grouping: rows.compactMap { $0["home"]?.string }, by: { $0 }).mapValues(\.count)
            return orders.sorted { $0.key < $1.key }.max { $0.value < $1.value }?.key
        }
        return nil
    }

    private func busiestWorker(except homes: Set<String>) async -> String? {
        var best: (node: String, calls: Int)?
        for node in nodes where !homes.contains(node) && stage.process(of: node) != nil {
            let calls = await inFlight(node)
            if calls > best?.calls ?? 0 { best = (node, calls) }
        }
        return best?.node
    }

    /// Calls that the node's workers have in hand: the actors whose type ends with "Worker", by the rule of the house.
    private func inFlight(_ node: String) async -> Int {
        let answer = await stage.ask(StageQuestion(node, .admin, .get, "/actors", timeout: .seconds(1)))
        return (answer.document?.elements ?? []).reduce(0) { sum, actor in
            guard actor["type"]?.string?.hasSuffix("Worker") == true else { return sum }
            return sum + (actor["unfinishedCalls"]?.integer(Int.self) ?? 0)
        }
    }

    // MARK: Processes

    /// A node that was ended or started, and as which process.
    typealias Life = (node: String, process: ProcessIdentity)

    /// Ends all of them at once; none, when one does not run.
    func kill(_ targets: [Target]) async throws(Missed) -> [Life] {
        let nodes = try await resolve(targets)
        if let idle = nodes.first(where: { stage.process(of: $0) == nil }) { throw Missed(reason: "\(idle) does not run") }
        return await kill(nodes)
    }

    /// Those of them that run; returns when they are gone. One operation: what is recorded of each has the same time.
    private func kill(_ nodes: [String]) async -> [Life] {
        var calls: [String: Int] = [:]
        for node in nodes { calls[node] = await inFlight(node) }
        let call = recorder.now
        var killed: [Life] = []
        for node in nodes {
            if let process = stage.process(of: node), process.signal(SIGKILL) { killed.append((node, process)) }
        }
        let returned = recorder.now
        for (node, process) in killed {
            recorder.record(
                .director, .kill(node: node, inFlight: calls[node] ?? 0), call: call, returned: returned,
                detail: "process \(process.pid)")
        }
        board.noteHarm()
        let deadline = world.now + .seconds(10)
        while killed.contains(where: { $0.process.isRunning }), world.now < deadline { try? await world.sleep(for: .milliseconds(10)) }
        return killed
    }

    /// - Parameter standing: processes that are paused already; one that stood still twice would go on when the shorter pause ends.
    /// - Returns: who is to be resumed.
    func pause(_ target: Target, standing: [ProcessIdentity]) async throws(Missed) -> (node: String, process: ProcessIdentity) {
        let node = try await resolve(target), calls = await inFlight(node), call = recorder.now
        guard let process = stage.process(of: node) else { throw Missed(reason: "\(node) does not run") }
        guard !standing.contains(process) else { throw Missed(reason: "\(node) stands still already") }
        guard process.signal(SIGSTOP) else { throw Missed(reason: "\(node) does not run") }
        recorder.record(.director, .pause(node: node, inFlight: calls), call: call, detail: "process \(process.pid)")
        board.noteHarm()
        return (node, process)
    }

    /// Lets a process go on. One that was killed meanwhile needs nothing, nor does the process in its place, which never stood still.
    func resume(_ node: String, _ process: ProcessIdentity) {
        guard process.signal(SIGCONT) else { return }
        recorder.record(.director, .resume(node: node))
    }

    /// Ends those of the nodes that run.
    func killForRestart(_ targets: [Target]) async throws(Missed) -> (nodes: [String], killed: [Life]) {
        let nodes = try await resolve(targets)
        return (nodes, await kill(nodes))
    }

    /// Starts nodes that do not run. One operation: what is recorded of each has the same time.
    /// - Returns: those that have come up. Who is missing has not.
    func start(_ nodes: [String]) async throws(Missed) -> [Life] {
        let call = recorder.now
        for node in nodes {
            do { try stage.start(node: node, mutations: mutations) } catch { throw Missed(reason: error.description) }
        }
        // Only a node that has left its mark is found again when the run ends.
        let deadline = world.now + .seconds(20)
        while nodes.contains(where: { stage.process(of: $0) == nil }), world.now < deadline {
            guard (try? await world.sleep(for: .milliseconds(10))) != nil else { break }
        }
        let returned = recorder.now
        return nodes.compactMap { node in
            guard let process = stage.process(of: node) else { return nil }
            recorder.record(.director, .restart(node: node), call: call, returned: returned)
            return (node, process)
        }
    }

    // MARK: Cuts

    func cut(_ cut: Cut, name: String) async throws(Missed) -> Made {
        var apart: [HistoryEvent.Apart] = []
        switch cut.shape {
        case .halves:
            for (i, a) in nodes.enumerated() {
                for (j, b) in nodes.enumerated() where i % 2 != j % 2 { apart.append(.init(from: a, to: b)) }
            }
        case .isolate(let target):
            let node = try await resolve(target)
            for other in nodes where other != node { apart += [.init(from: node, to: other), .init(from: other, to: node)] }
        case .oneWay(let from, let to):
            let (a, b) = (try await resolve(from), try await resolve(to))
            guard a != b else { throw Missed(reason: "\(a) cannot be cut off from itself") }
            apart.append(.init(from: a, to: b))
        }
        let call = recorder.now
        var rules: [String: [JSON]] = [:], names: [String: [String]] = [:]
        let ttlMs = (cut.duration + Self.margin).milliseconds
        for way in apart {
            // Both ends, so that what is under way when the cut begins does not arrive either.
            for (node, peer, direction) in [(way.from, way.to, "outbound"), (way.to, way.from, "inbound")] {
                guard stage.process(of: node) != nil else { continue }
                let rule = "chaos-\(name)-\(peer)-\(direction)"
                rules[node, default: []].append([
                    "name": .string(rule), "peer": .string(peer), "direction": .string(direction),
                    "action": .string(cut.mode.rawValue), "ttlMs": .number(ttlMs),
                ])
                names[node, default: []].append(rule)
            }
        }
        let complaints = await set(rules)
        let made = Made(name: name, rules: names)
        guard complaints.isEmpty else {
            _ = await clear(made)
            throw Missed(reason: complaints.joined(separator: "; "))
        }
        recorder.record(.director, .cut(name: name, mode: cut.mode.rawValue, apart: apart), call: call)
        board.noteHarm()
        return made
    }

    private func set(_ rules: [String: [JSON]]) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for (node, rules) in rules.sorted(by: { $0.key < $1.key }) {
                group.addTask { [stage] in
                    let question = StageQuestion(
                        node, .socket, .put, "/faults", body: ["rules": .array(rules)], timeout: .seconds(3))
                    let answer = await stage.ask(question)
                    return answer.document == nil ? "\(node) takes no rule: \(answer.complaint)" : nil
                }
            }
            var complaints: [String] = []
            for await complaint in group { if let complaint { complaints.append(complaint) } }
            return complaints.sorted()
        }
    }

    func heal(_ made: Made) async {
        let call = recorder.now
        let (hits, complaints) = await clear(made)
        // Rules that cannot be cleared end by their time to live.
        recorder.record(
            .director, .heal(name: made.name, hits: hits), call: call, outcome: complaints.isEmpty ? .ok : .unknown,
            detail: complaints.joined(separator: "; "))
    }

    /// Ends the cut's rules, and tells how many frames they have touched.
    private func clear(_ made: Made) async -> (hits: Int, complaints: [String]) {
        await withTaskGroup(of: (Int, String?).self) { group in
            for (node, names) in made.rules.sorted(by: { $0.key < $1.key }) where stage.process(of: node) != nil {
                group.addTask { await clear(names, on: node) }
            }
            var hits = 0, complaints: [String] = []
            for await (more, complaint) in group {
                hits += more
                if let complaint { complaints.append(complaint) }
            }
            return (hits, complaints.sorted())
        }
    }

    private func clear(_ names: [String], on node: String) async -> (Int, String?) {
        let rows = await stage.ask(StageQuestion(node, .socket, .get, "/faults", timeout: .seconds(3))).document?["rules"]?.elements ?? []
        let hits = rows.filter { names.contains($0["name"]?.string ?? "") }.reduce(0) { $0 + ($1["hits"]?.integer(Int.self) ?? 0) }
        for name in names {
            let answer = await stage.ask(StageQuestion(node, .socket, .delete, "/faults/\(name)", timeout: .seconds(3)))
            if answer.document == nil { return (hits, "\(node) keeps the rule \(name): \(answer.complaint)") }
        }
        return (hits, nil)
    }
}
