import World

// TASKS AMONG EVENTS
//
// Membership, replicas and couriers are values, and are driven here as such. What an edge does between a request and registers is
// written with `async` in the product, and so is a worker; these run here as they are, as tasks of a ``World/Simulation``. It has no
// network and no disks, only the tasks and their sleeps: what they want of registers they say to a ``Post``, and the mesh carries it
// out as what any client wants. Its clock is the mesh's, and between two events of the mesh all tasks run as far as they can.
//
// A process that dies takes its tasks with it. Swift's tasks cannot be dropped, so they run out instead, at once and unheard: each thing
// that they still ask for fails, each sleep ends, and nobody is told what they come to.

/// The tasks of all processes of a simulation.
final class Tasks {
    private let simulation: Simulation
    private var worlds: [SimulatedWorld] = []
    let post = Post()

    init(seed: UInt64) { simulation = Simulation(seed: seed) }

    deinit { end() }

    /// When the next sleep ends; the distant future when nobody sleeps.
    var next: Instant { simulation.nextTimer }

    /// Over all choices of who runs first.
    var hash: UInt64 { simulation.traceHash }

    /// The world of the tasks of a process, whose wall clock shows this when the mesh's own clock shows `now`.
    func world(_ name: String, mutations: Set<Mutation>, wall: WallTime, at now: Instant) -> SimulatedWorld {
        let world = SimulatedWorld(simulation, name: name, mutations: mutations)
        let beginning = world.wallTime.nanosecondsSince1970 - world.now.nanoseconds
        world.wallClockOffset = .nanoseconds(wall.nanosecondsSince1970 - now.nanoseconds - beginning)
        worlds.append(world)
        return world
    }

    /// Has everything run that can by then, and gives what was said.
    func run(until now: Instant) -> [Post.Letter] {
        let steps = simulation.steps
        simulation.run(until: now)
        // Mostly nobody has anything to do.
        return simulation.steps == steps ? [] : post.take()
    }

    /// The tasks of a process run out.
    func end(_ world: SimulatedWorld, of process: Int) {
        post.end(process)
        world.shutDown()
        worlds.removeAll { $0 === world }
    }

    /// All tasks run out.
    func end() {
        post.close()
        for world in worlds { world.shutDown() }
        worlds = []
        simulation.run(until: simulation.now)
        _ = post.take()
    }
}
