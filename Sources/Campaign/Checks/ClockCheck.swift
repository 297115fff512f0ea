import Choreography
import Membership
import World

// A node whose wall clock is two seconds off fires no timer. Where that cannot be known nothing is promised: a node that has just begun, a
// node that hears few others, a clock that was set right a moment ago and of which older samples are about. So a timer is judged only
// where more than half of the clocks that a node knows of have been right, and there, for as long as it takes to hear all.

extension SimulatedMesh {
    /// Half of the longest trip of a sample, and more.
    private static let slack: Duration = .milliseconds(300)

    /// A courier fires a timer that is due at a time.
    func judge(firing timer: String, of actor: ActorName, dueMs: Int64, by process: NodeProcess) {
        let early = Duration.milliseconds(dueMs - truth.millisecondsSince1970)
        guard watchesClocks, early > ClockWatch.tolerance + Self.slack, knowsTheTime(process) else { return }
        let what = "\(process.identity) fires timer \(timer) of \(actor) \(early.milliseconds) ms early"
        seen.append(Violation(.early, "\(what), by a clock that most others contradict"))
    }

    private func knowsTheTime(_ process: NodeProcess) -> Bool {
        let peers = process.membership.members.filter { $0.status.isLive && $0.identity != process.identity }
        // In this time a process probes each of the others several times, be some of them dead.
        let hearing = shape.membership.probeInterval * (4 * (peers.count + 1))
        let right = peers.count { peer in
            let machine = machines[Machine.number(of: peer.address)]
            guard let other = machine.process, other.identity == peer.identity else { return false }
            return machine.clockAhead == .zero && now - other.startedAt >= hearing && now - machine.clockSetAt >= hearing
        }
        return now - process.startedAt >= hearing && 2 * right > peers.count + 1
    }
}
