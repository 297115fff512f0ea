import Choreography
import Membership
import World

// A node whose wall clock is two seconds off fires no timer. Where that cannot be known nothing is promised: a node that has just begun, a
// node that hears few others, a clock that was set right a moment ago and of which older samples are about. So a timer is judged only
// where more than half of the clocks that a node knows of have been right, and there, for as long as it takes to hear all.

/// Judges a timer that a node fires.
package struct ClockCheck {
    /// Half of the longest trip of a sample, and more.
    private static let slack: Duration = .milliseconds(300)

    /// How long the node has run.
    package let age: Duration
    /// Of each other node that it holds for living: how long it has run with a right clock; nil for one that is gone, and for one whose
    /// clock is wrong.
    package let peers: [Duration?]
    /// After which a node probes the next.
    package let probeInterval: Duration

    package init(age: Duration, peers: [Duration?], probeInterval: Duration) {
        (self.age, self.peers, self.probeInterval) = (age, peers, probeInterval)
    }

    /// Whether the node must have known that its clock is wrong.
    /// - Parameter early: how long before its time, by a right clock, it fires the timer.
    package func isBroken(firing early: Duration) -> Bool {
        // In this time a process probes each of the others several times, be some of them dead.
        let hearing = probeInterval * (4 * (peers.count + 1))
        let right = peers.count { $0.map { $0 >= hearing } ?? false }
        return early > ClockWatch.tolerance + Self.slack && age >= hearing && 2 * right > peers.count + 1
    }
}

extension SimulatedMesh {
    /// A courier fires a timer that is due at a time.
    func judge(firing timer: String, of actor: ActorName, dueMs: Int64, by process: NodeProcess) {
        let early = Duration.milliseconds(dueMs - truth.millisecondsSince1970)
        guard watchesClocks, clocks(around: process).isBroken(firing: early) else { return }
        let what = "\(process.identity) fires timer \(timer) of \(actor) \(early.milliseconds) ms early"
        seen.append(Violation(.early, "\(what), by a clock that most others contradict"))
    }

    private func clocks(around process: NodeProcess) -> ClockCheck {
        let peers = process.membership.members.filter { $0.status.isLive && $0.identity != process.identity }
        let right = peers.map { peer -> Duration? in
            let machine = machines[Machine.number(of: peer.address)]
            guard let other = machine.process, other.identity == peer.identity, machine.clockAhead == .zero else { return nil }
            return now - max(other.startedAt, machine.clockSetAt)
        }
        return ClockCheck(age: now - process.startedAt, peers: right, probeInterval: shape.membership.probeInterval)
    }
}
