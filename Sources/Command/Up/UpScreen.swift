import Topology
import World

/// What `gossamer up` shows: a table that lives on a terminal, lines elsewhere.
final class UpScreen {
    private let plan: UpPlan
    private let world: any World
    private let isInteractive: Bool
    private var block = LiveBlock(.error)
    private var lastDrawn = Instant.zero - .seconds(3_600)
    private var statuses: [String: String] = [:]

    init(_ plan: UpPlan, isInteractive: Bool, world: any World) {
        self.plan = plan
        self.isInteractive = isInteractive
        self.world = world
    }

    func begin(_ processes: [String: Int32]) {
        let topology = plan.topology
        Console.note("mesh \(topology.mesh): starting \(plan.starting.count) of \(topology.nodes.count) nodes of \(topology.file)")
        if isInteractive { return }
        for node in plan.starting {
            let admin = node.admin.map { ", admin \($0.url)" } ?? ""
            let edge = node.edge.map { ", edge \($0.url)" } ?? ""
            let pid = processes[node.name].map { "process \($0)" } ?? "no process"
            Console.note("  \(node.name): \(pid), \(node.address)\(admin)\(edge), log \(NodeFiles(node).log)")
        }
    }

    func complete(after duration: Duration) {
        block.clear()
        Console.note("all \(plan.all.count) nodes see each other alive after \(DurationText.short(duration))")
    }

    func detached() { Console.note("end them with: gossamer down \(plan.topology.file)") }

    /// Draws the table ten times a second at most, or tells of changes in lines.
    func show(_ picture: MeshPicture, _ processes: [String: Int32]) {
        guard isInteractive else { return tellChanges(picture) }
        guard world.now - lastDrawn >= .milliseconds(100) else { return }
        lastDrawn = world.now
        block.draw(picture.table(processes: processes).lines() + ["", hint])
    }

    private var hint: String {
        let admin = plan.all.first { $0.admin != nil }?.admin.map { "  ·  \($0.url)/members" } ?? ""
        return "Ctrl-C ends the mesh\(admin)"
    }

    private func tellChanges(_ picture: MeshPicture) {
        for row in picture.members where statuses[row.name] != row.status {
            if let before = statuses[row.name] { Console.note("\(row.name) is \(row.status) (was \(before))") }
            statuses[row.name] = row.status
        }
    }

    func tell(_ event: Supervisor.Event) {
        block.clear()
        lastDrawn = .zero - .seconds(3_600)
        switch event {
        case .started(let node, let pid): Console.note("\(node) is started again as process \(pid)")
        case .adopted(let node, let pid):
            Console.note("\(node) was started by another command as process \(pid), and belongs to this one now")
        case .notStarted(let node, let reason): Console.note("\(node) cannot be started again: \(reason)")
        case .ended(let node, let ending, let delay):
            let next = delay.map { "; it is started again in \(DurationText.short($0))" } ?? ""
            Console.note("\(node) has ended: \(ending)\(next)")
        }
    }

    func end() { block.clear() }
}
