import Choreography
import Jobs
import Primes
import Truth
import World

/// What a process does in tasks: its edge, and its worker that counts primes.
struct NodeTasks: Sendable {
    let world: SimulatedWorld
    private let post: Post
    private let process: Int
    private let edge: Edge
    private let crew: PrimesCrew

    /// - Parameters:
    ///   - process: its serial number.
    ///   - limits: of jobs that begin here.
    init(_ world: SimulatedWorld, _ post: Post, process: Int, limits: JobLimits) {
        (self.world, self.post, self.process) = (world, post, process)
        edge = Edge(PostedRegisters(world: world, post: post, process: process), limits: limits)
        crew = PrimesCrew(bench: PrimesWorkbench(world: world, parallelism: 1))
    }

    /// Takes a user's request.
    func take(_ call: EdgeCall) {
        world.spawn("edge") { [edge, post, process] in
            post.say(.answered(call: call.number, await edge.answer(call)), as: process)
        }
    }

    /// Does a part of a job.
    func work(_ call: PartCall) {
        world.spawn("worker") { [crew, post, process] in
            var done = call
            do {
                done.outcome = .answered(call.assignment, .done(try await crew.perform(call.task)))
            } catch {
                done.outcome = .lost(call.assignment, WorkLoss(error, hasDied: false))
            }
            post.say(.worked(done), as: process)
        }
    }
}
