import Choreography
import Primes
import Registers
import World

/// What the clients of a run do.
struct WorkPlan: Sendable {
    /// Registers with a set, and registers with a value; those of lower number are asked more often.
    var sets = 3
    var values = 3
    var clients = 6
    /// The mean pause of a client between two operations.
    var pause: Duration = .milliseconds(120)
    /// The shares of reads, and of removals among the changes of sets.
    var reads = 0.35
    var removals = 0.15
    /// The chance that a client asks for many changes of one register at once, and how many.
    var bursts = 0.02
    var burst = 30
    /// The chance that an added row is large, and how large at most.
    var largeRows = 0.0
    var largest = 48 << 10
    /// How long a client waits for an answer, and how often it tries one operation at most.
    var patience: Duration = .milliseconds(1_500)
    var attempts = 4
    /// The chance that a client's message, or its answer, is lost.
    var loss = 0.01

    /// The chance that an acknowledged change is asked for again much later, under its old operation id, by somebody who has not
    /// heard.
    var repeats = 0.03
    /// The share of operations that are about registers of work, which ends.
    var works = 0.0
    /// Orders that are placed, trips that are planned, and gathers that are begun.
    var orders = 0
    var trips = 0
    var gathers = 0
    /// What users ask of edges: items that are added, jobs that are submitted, and keys under which something is sent several times.
    var items = 0
    var jobs = 0
    var keysOfRequests = 0
    /// How long a job may take.
    var jobDeadline: Duration = .seconds(600)

    var asksEdges: Bool { items + jobs + keysOfRequests > 0 }

    /// The kinds of work that actors order.
    var work: [WorkKind] { (gathers > 0 ? [Gather.work] : []) + (jobs + keysOfRequests > 0 ? [PrimesJob.work] : []) }

    /// Registers that live on.
    var keys: [(key: RegisterKey, isSet: Bool)] {
        let names = (0..<sets).map { ("set/\($0)", true) } + (0..<values).map { ("value/\($0)", false) }
        return names.compactMap { name, isSet in RegisterKey(name).map { ($0, isSet) } }
    }

    /// The work of one run.
    init(_ random: inout RandomStream) {
        sets = [1, 2, 3, 8][random.below(4)]
        values = [1, 2, 3, 8][random.below(4)]
        clients = 3 + random.below(7)
        pause = .milliseconds([40, 120, 250][random.below(3)])
        reads = [0.2, 0.35, 0.6][random.below(3)]
        bursts = [0, 0.02, 0.05][random.below(3)]
        largeRows = random.chance(0.15) ? 0.2 : 0
        loss = [0, 0.01, 0.04][random.below(3)]
    }

    /// Some work for durable actors besides.
    mutating func addActors(_ random: inout RandomStream) {
        (orders, trips, gathers) = (2 + random.below(6), 2 + random.below(6), 1 + random.below(3))
    }

    mutating func addItems(_ random: inout RandomStream) { items = 6 + random.below(10) }

    mutating func addJobs(_ random: inout RandomStream) {
        jobs = 2 + random.below(4)
        jobDeadline = [.milliseconds(300), .seconds(3), .seconds(600), .seconds(600)][random.below(4)]
    }

    mutating func addKeys(_ random: inout RandomStream) { keysOfRequests = 2 + random.below(5) }

    /// Some work through edges besides, of one sort, in three runs of eight.
    mutating func addEdges(_ random: inout RandomStream) {
        switch random.below(8) {
        case 0: addItems(&random)
        case 1: addJobs(&random)
        case 2: addKeys(&random)
        default: break
        }
    }

    /// Work that takes so long is not done at a rate that makes many more than `most` operations of it.
    mutating func spread(over time: Duration, most: Int) {
        pause = max(pause, time * (Double(clients) / Double(most)))
    }
}
