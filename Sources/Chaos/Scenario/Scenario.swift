import Topology
import World

// A SCENARIO
//
// A chaos run starts a mesh of real processes, gives it work, does harm at stated moments, takes all harm back, and judges what
// the clients and the nodes have said by stated invariants. The file says all of it, and nothing is started before the
// whole file has been understood. docs/CHAOS.md is the vocabulary.
//
//     name: kill-primes-worker
//     topology: {nodes: 5, edges: 2}
//     workload:
//       - primes: {from: 0, to: 50000000, algorithm: trial}
//     steps:
//       - when: {job: running, done: ">3"}
//         kill: worker with most parts in flight but not the home
//     expect: [jobs end, total exact]
//     bites: [resent > 0]
//
// The three outcomes. `false`: an invariant is broken, whatever else is the case. `unknown`: nothing is broken, but the run proves
// nothing, because a fault did not bite, a step could not be carried out, or an answer is missing. `true`: the rest.
//
// Every wait has an end: a step waits at most `within`, a fault lasts at most `for`, work may stand still for `patience` once all
// faults are over, and the whole run may last `limit`.

/// A scenario file, checked.
package struct Scenario: Hashable, Sendable {
    /// As it was given, for messages.
    package let file: String
    /// Names the run's directory and mesh.
    package let name: String
    package let description: String
    /// The longest time from the first process to the verdict.
    package let limit: Duration
    /// How long no job may move once all faults are over, before jobs that have not ended count as stuck.
    package let patience: Duration
    package let mesh: MeshDraft
    package let workload: [Workload]
    /// In the order of the file, which is the order in which they are carried out.
    package let steps: [Step]
    /// At least one.
    package let expectations: [Invariant]
    /// What shows that the faults were felt. Not empty when there are steps.
    package let bites: [Bite]
}

/// What clients ask of the mesh.
package enum Workload: Hashable, Sendable {
    /// Jobs that count primes, all submitted at the start.
    case primes(PrimesLoad)
    /// Lookups, submitted one after the other at a steady rate.
    case lookups(LookupLoad)
    /// Orders, placed one after the other at a steady rate.
    case orders(OrdersLoad)
    /// Items, added and counted by several clients.
    case items(ItemsLoad)

    /// Its key in the file.
    package var kind: String {
        switch self {
        case .primes: "primes"
        case .lookups: "lookups"
        case .orders: "orders"
        case .items: "items"
        }
    }
}

package struct PrimesLoad: Hashable, Sendable {
    package let from: UInt64
    package let to: UInt64
    /// `sieve` or `trial`.
    package let algorithm: String
    package let chunks: Int?
    /// 1 ... 100.
    package let jobs: Int
    /// The right answer; nil when the harness is to count for itself.
    package let expected: UInt64?
}

package struct LookupLoad: Hashable, Sendable {
    /// Taken in turn; at least one.
    package let targets: [String]
    /// Empty for all that the mesh has.
    package let services: [String]
    /// Lookups a second, 1 ... 100.
    package let rate: Int
    package let duration: Duration
}

/// Something done to the mesh, and when.
package struct Step: Hashable, Sendable {
    package let trigger: Trigger
    package let action: Action

    package init(trigger: Trigger, action: Action) {
        self.trigger = trigger
        self.action = action
    }

    package enum Trigger: Hashable, Sendable {
        /// So long after the work has begun.
        case at(Duration)
        /// As soon as a job is so, at the latest when `within` is over since the step before; then the step is missed.
        case when(Condition, within: Duration)
    }

    package enum Action: Hashable, Sendable {
        /// SIGKILL, to all at once.
        case kill([Target])
        /// SIGSTOP, and SIGCONT after the duration.
        case pause(Target, Duration)
        /// SIGKILL to those that run, and when they are gone a start of all with the same disks.
        case restart([Target])
        case cut(Cut)
        /// Ends all cuts before their time.
        case heal
    }
}

/// What a job must be like.
package struct Condition: Hashable, Sendable {
    package enum Job: String, Hashable, Sendable, CaseIterable { case accepted, running, ended }

    package var job: Job?
    package var done: Comparison?
    package var resent: Comparison?

    package init(job: Job? = nil, done: Comparison? = nil, resent: Comparison? = nil) {
        self.job = job
        self.done = done
        self.resent = resent
    }
}

/// Frames that no longer arrive between some nodes.
package struct Cut: Hashable, Sendable {
    package enum Shape: Hashable, Sendable {
        /// The nodes in odd places of the list against those in even places, so that two edges are in different halves.
        case halves
        case isolate(Target)
        /// What the first sends to the second.
        case oneWay(Target, Target)
    }

    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Frames are lost.
        case drop
        /// Frames arrive late, when the cut has healed.
        case hold
    }

    package let shape: Shape
    package let mode: Mode
    package let duration: Duration

    package init(shape: Shape, mode: Mode, duration: Duration) {
        self.shape = shape
        self.mode = mode
        self.duration = duration
    }
}
