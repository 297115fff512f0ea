import Topology
import World

// WHEN VIEWS ARE EQUAL
//
// From a moment on until the next harm, or the end, the views have a span of their own. In it they must become equal within the time, and
// what was seen last in it must be equal too: a node that dies after everybody had agreed is found by that. A view that departs from
// the others for less than the time is no breach yet (a suspicion that is taken back is how the mesh works), but where the
// span ends so, nothing is proved.

extension Judge {
    static func viewsEqual(_ story: Story, _ within: Duration, _ kind: Invariant.Moment) -> Answer {
        let moments = story.moments.filter { $0.kind == kind }
        guard !moments.isEmpty else { return (.unknown, "there was no \(kind.rawValue)") }
        var slowest: Int64 = 0, undecided: String?
        for moment in moments {
            switch Span(story, moment).state(within.nanoseconds) {
            case .equal(let after): slowest = max(slowest, after)
            case .undecided(let reason): undecided = undecided ?? "\(moment.about), and \(reason)"
            case .unequal(let reason): return (.broken, "\(moment.about), and \(reason)")
            }
        }
        if let undecided { return (.unknown, undecided) }
        return (.holds, "after \(slowest / 1_000_000) ms")
    }

    /// From a moment on until something else happens.
    private struct Span {
        enum State {
            /// For the first time after so many nanoseconds.
            case equal(Int64)
            case undecided(String)
            case unequal(String)
        }

        private let start: Int64
        private let end: Int64
        private let isLast: Bool
        private let running: Set<String>
        /// What was so at the start, and what was seen since.
        private let looks: [Look]

        init(_ story: Story, _ moment: Story.Moment) {
            start = moment.ns
            running = story.running(at: moment.ns)
            // What happens next has its own time.
            let changes = story.harms.map(\.callNs) + story.moments.filter { $0.kind == .restart }.map(\.callNs)
            let next = changes.filter { $0 > moment.ns }.min()
            end = next ?? story.endNs
            isLast = next == nil
            let before = story.looks.last { $0.callNs < moment.ns }
            let (from, to) = (start, end)
            looks = (before.map { [$0] } ?? []) + story.looks.filter { $0.callNs >= from && $0.returnNs <= to }
        }

        func state(_ within: Int64) -> State {
            let deadline = start + within
            guard let first = looks.first(where: { $0.isEqual(running: running) }), max(first.returnNs, start) <= deadline else {
                if end < deadline { return .undecided("\(isLast ? "the run ended" : "other harm came") before the views were equal") }
                let late = looks.last { $0.returnNs <= deadline }?.disagreement(running: running) ?? "nobody had been asked"
                return .unequal("\(within / 1_000_000) ms later \(late)")
            }
            let after = max(first.returnNs, start) - start
            guard let last = looks.last, let disagreement = last.disagreement(running: running) else { return .equal(after) }
            let since = looks[(looks.lastIndex { $0.isEqual(running: running) } ?? 0) + 1].returnNs
            let words = "the views were equal after \(after / 1_000_000) ms, but from \(since / 1_000_000) ms on \(disagreement)"
            return end - since >= within ? .unequal(words) : .undecided(words)
        }
    }
}
