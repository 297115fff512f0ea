import Choreography
import Jobs
import Registers
import World

// Edges and workers of a process are tasks (see `Tasks`). What these say becomes events of their process, and what comes of it goes back to
// them as one: a process that stands still neither asks nor hears, and one that has died has no tasks any more.

extension SimulatedMesh {
    /// The tasks of all processes run as far as they can.
    func runTasks() {
        guard let tasks else { return }
        while true {
            let letters = tasks.run(until: now)
            if letters.isEmpty { return }
            for letter in letters {
                guard let process = running.first(where: { $0.serial == letter.process }) else { continue }
                push(.task(process.machine, process: process.serial, letter.word), at: now)
            }
        }
    }

    /// Does what a task of the process wants.
    func carry(_ word: Post.Word, of process: NodeProcess) {
        let i = process.machine, serial = process.serial
        switch word {
        case .wish(let wish):
            let number = nextNumber()
            trace.note(now, i, .edge, number, "#\(number) \(wish.action.text) of \(wish.key)")
            callers[number] = { [unowned self] result in push(.taskHears(i, process: serial, wish.number, result), after: .zero) }
            take(ClientCall(number: number, key: wish.key, action: wish.action, patience: wish.patience), process)
        case .answered(let call, let answer): tell(user: call, answer)
        case .worked(let call): done(call, process)
        }
    }

    /// A user asks the edge of a machine.
    func send(_ call: EdgeCall, to i: Int) { fromOutside { mesh in mesh.push(.parcel(i, .edgeCall(call)), at: mesh.now) } }

    func tell(user call: UInt64, _ answer: EdgeAnswer) { fromOutside { mesh in mesh.userHears(call, answer) } }

    /// The tasks of a process, which begin with the first that is wanted of them. Nil in a mesh whose edges nobody asks.
    func nodeTasks(of process: NodeProcess) -> NodeTasks? {
        guard let tasks else { return nil }
        if let own = process.tasks { return own }
        let world = tasks.world("\(process.identity)", mutations: mutations, wall: wall(process.machine), at: now)
        let own = NodeTasks(world, tasks.post, process: process.serial, limits: jobLimits)
        process.tasks = own
        return own
    }

    /// The process has died.
    func endTasks(of process: NodeProcess) {
        if let own = process.tasks { tasks?.end(own.world, of: process.serial) }
    }

    /// The run is over.
    func endTasks() {
        guard let tasks else { return }
        trace.note(now, nil, .edge, tasks.hash, nil)
        tasks.end()
    }
}

extension RegisterWish.Action {
    /// For people.
    var text: String {
        switch self {
        case .change: "change"
        case .read: "read"
        case .look: "look"
        case .glance: "glance"
        }
    }
}
