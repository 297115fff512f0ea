import Glibc
import Topology
import World

/// Starts the nodes of a file as processes of this machine, notices their end, and ends them.
///
/// A node of its seats that somebody else starts is *adopted*: watched, started again and ended like the others. Of such a
/// process no exit code can be had, since it is no child; its mark tells instead. A node that ends in order takes its mark
/// away, one that is killed leaves it.
///
/// Used by one task: ``tick()`` is called in a loop and does everything that is due, so that the order of things is the
/// order of the code.
package final class Supervisor {
    package struct Settings: Sendable {
        /// The program whose `node FILE NAME` is a node.
        package var program: String
        /// The nodes end when this process does, however it ends.
        package var endsWithParent: Bool
        package var restarts: Bool
        /// How long a node may take to leave in order before it is killed.
        package var grace: Duration
        /// What every node's command line has beyond its file and name.
        package var arguments: [String]

        package init(
            program: String = ChildProcess.ownProgram, endsWithParent: Bool, restarts: Bool, grace: Duration = .seconds(10),
            arguments: [String] = []
        ) {
            self.program = program
            self.endsWithParent = endsWithParent
            self.restarts = restarts
            self.grace = grace
            self.arguments = arguments
        }
    }

    package enum Event: Hashable, Sendable {
        case started(node: String, pid: Int32)
        /// Somebody else has started it.
        case adopted(node: String, pid: Int32)
        /// `restartIn` is nil when the node stays away.
        case ended(node: String, Ending, restartIn: Duration?)
        case notStarted(node: String, String)
    }

    /// What is known of the end of a node's process.
    package enum Ending: Hashable, Sendable, CustomStringConvertible {
        /// A child's, which the system reports.
        case reported(ChildProcess.Ending)
        /// An adopted process is gone; `inOrder` when it has taken its mark along.
        case gone(inOrder: Bool)

        package var description: String {
            switch self {
            case .reported(let ending): ending.description
            case .gone(let inOrder): inOrder ? "it has left" : "it was killed, or crashed"
            }
        }
    }

    private enum Process {
        case child(ChildProcess)
        case adopted(ProcessIdentity)

        var identity: ProcessIdentity {
            switch self {
            case .child(let child): child.identity
            case .adopted(let identity): identity
            }
        }

        func signal(_ number: Int32) {
            switch self {
            case .child(let child): child.signal(number)
            case .adopted(let identity): identity.signal(number)
            }
        }
    }

    private struct Seat {
        let node: TopologyNode
        /// Whether ``start()`` starts the node.
        let isWanted: Bool
        var process: Process?
        var startedAt = Instant.zero
        var restartAt: Instant?
        var policy = RestartPolicy()
        /// Where in the log the present process begins.
        var logOffset: Int64 = 0
    }

    /// A log larger than this is put aside when its node starts; the one put aside before is dropped.
    private static let logLimit: Int64 = 16 << 20

    private let topology: Topology
    private let settings: Settings
    private let world: any World
    private let files = SystemFileSystem()
    private var seats: [Seat]

    /// - Parameters:
    ///   - nodes: whom this supervises.
    ///   - starting: those of them that ``start()`` starts; nil for all. The others are adopted when they run.
    package init(
        _ nodes: [TopologyNode], of topology: Topology, starting: [TopologyNode]? = nil, settings: Settings, world: any World
    ) {
        self.topology = topology
        self.settings = settings
        self.world = world
        seats = nodes.map { node in
            Seat(node: node, isWanted: starting.map { $0.contains { $0.name == node.name } } ?? true)
        }
    }

    /// Process numbers of the nodes that run, by name.
    package var processes: [String: Int32] {
        var result: [String: Int32] = [:]
        for seat in seats { if let process = seat.process { result[seat.node.name] = process.identity.pid } }
        return result
    }

    /// True when no node runs and none will be started again.
    package var isOver: Bool { seats.allSatisfy { $0.process == nil && $0.restartAt == nil } }

    /// Starts the nodes that are wanted, and adopts those that run already. When one cannot be started, those already
    /// started are left to ``stop(_:now:)``.
    package func start() throws(CommandFailure) {
        for index in seats.indices where !adopt(index) && seats[index].isWanted {
            do { try start(index) } catch {
                throw CommandFailure(.ioError, "node \(seats[index].node.name) cannot be started: \(error)")
            }
        }
    }

    private func adopt(_ index: Int) -> Bool {
        guard let process = NodeFiles(seats[index].node).running(files) else { return false }
        seats[index].process = .adopted(process)
        seats[index].startedAt = world.now
        seats[index].restartAt = nil
        seats[index].logOffset = 0
        return true
    }

    private func start(_ index: Int) throws(FileError) {
        let seat = seats[index]
        let place = NodeFiles(seat.node)
        try place.create(files)
        try files.createDirectory(place.logDirectory)
        if files.size(of: place.log) > Self.logLimit { try files.move(place.log, to: place.oldLog) }
        seats[index].logOffset = files.size(of: place.log)
        var arguments = ["node", topology.file, seat.node.name] + settings.arguments
        if settings.endsWithParent { arguments.append("--end-with-parent") }
        seats[index].process = .child(try ChildProcess(
            path: settings.program, arguments: arguments, input: settings.endsWithParent ? .lifeline : .null,
            output: .file(place.log), error: .file(place.log)))
        seats[index].startedAt = world.now
        seats[index].restartAt = nil
    }

    /// Notices the nodes that have ended or were started by others, and starts those again whose time has come.
    package func tick() -> [Event] {
        var events: [Event] = []
        for index in seats.indices {
            let name = seats[index].node.name
            if let process = seats[index].process {
                guard let ending = ending(of: process, index) else { continue }
                seats[index].process = nil
                let delay = restartDelay(index, ending)
                seats[index].restartAt = delay.map { world.now + $0 }
                events.append(.ended(node: name, ending, restartIn: delay))
            } else if adopt(index), let process = seats[index].process {
                events.append(.adopted(node: name, pid: process.identity.pid))
            } else if let time = seats[index].restartAt, time <= world.now {
                events.append(restart(index))
            }
        }
        return events
    }

    /// How the process has ended; nil while it runs.
    private func ending(of process: Process, _ index: Int) -> Ending? {
        switch process {
        case .child(let child): return child.poll().map { .reported($0.ending) }
        case .adopted(let identity):
            return identity.isRunning ? nil : .gone(inOrder: !files.exists(NodeFiles(seats[index].node).pid))
        }
    }

    private func restartDelay(_ index: Int, _ ending: Ending) -> Duration? {
        guard settings.restarts, RestartPolicy.mayRestart(ending) else { return nil }
        return seats[index].policy.delay(afterLifetime: world.now - seats[index].startedAt)
    }

    private func restart(_ index: Int) -> Event {
        let name = seats[index].node.name
        do {
            try start(index)
            return .started(node: name, pid: seats[index].process?.identity.pid ?? 0)
        } catch {
            seats[index].restartAt = world.now + seats[index].policy.delay(afterLifetime: .zero)
            return .notStarted(node: name, "\(error)")
        }
    }

    /// The last lines that the node's present or last process has written.
    package func lastWords(of name: String, lines: Int = 5) -> [String] {
        guard let seat = seats.first(where: { $0.node.name == name }) else { return [] }
        let place = NodeFiles(seat.node)
        let start = max(seat.logOffset, files.size(of: place.log) - 16_384)
        let bytes = (try? files.read(place.log, from: start, limit: 16_384)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(lines).map(String.init)
    }

    package enum Whom: Sendable {
        case all
        /// Not those that others have started.
        case ownChildren
    }

    /// Asks the nodes to end, and kills those that have not within the grace period, or as soon as `now` says so.
    /// - Returns: the names of those that had to be killed.
    package func stop(_ whom: Whom = .all, now isImpatient: () -> Bool = { false }) async -> [String] {
        for index in seats.indices {
            seats[index].restartAt = nil
            if whom == .ownChildren, case .adopted = seats[index].process { seats[index].process = nil }
            seats[index].process?.signal(SIGTERM)
        }
        let deadline = world.now + settings.grace
        while world.now < deadline, !isImpatient(), reap() { try? await world.sleep(for: .milliseconds(20)) }
        let killed = seats.filter { $0.process != nil }.map(\.node.name)
        for seat in seats { seat.process?.signal(SIGKILL) }
        while reap() { try? await world.sleep(for: .milliseconds(5)) }
        return killed
    }

    /// Leaves the nodes to somebody else, who knows them by their marks: this forgets them. One that has no mark yet would
    /// be overlooked and is killed; it has done nothing so far.
    package func release() {
        for index in seats.indices {
            if case .child(let child) = seats[index].process, child.poll() == nil,
                NodeFiles(seats[index].node).running(files) != child.identity
            {
                child.signal(SIGKILL)
                _ = child.wait()
            }
            seats[index].process = nil
            seats[index].restartAt = nil
        }
    }

    /// True while a node runs.
    private func reap() -> Bool {
        for index in seats.indices {
            if let process = seats[index].process, ending(of: process, index) != nil { seats[index].process = nil }
        }
        return seats.contains { $0.process != nil }
    }
}
