import Synchronization
import World

/// The buckets that a node keeps, in memory alone: those that the ring places here, and those of shares.
///
/// Their number is bounded, for anybody may come from many addresses. They stand in two generations: what is asked for moves to the young
/// one, and the old one is dropped as a whole when the young one is half of what is allowed, or has lasted so long that nothing in the
/// old one counts any more. So a bucket that is dropped has not been asked for while many others were, or is over.
public final class LimitBuckets: LimitKeeper {
    private struct State {
        var young: [LimitOrder: SlidingWindow] = [:]
        var old: [LimitOrder: SlidingWindow] = [:]
        /// When the young generation began.
        var turned: Instant
        /// The longest window that was ever asked for.
        var longest = Duration.zero
        var dropped: UInt64 = 0
    }

    /// Buckets that a node keeps, about 300 bytes each.
    public static let mostBuckets = 65_536

    private let world: any World
    private let capacity: Int
    private let state: Mutex<State>

    /// - Parameter capacity: of buckets; at least 2.
    public init(world: any World, capacity: Int = LimitBuckets.mostBuckets) {
        precondition(capacity >= 2, "\(capacity) buckets are too few for two generations")
        self.world = world
        self.capacity = capacity
        state = Mutex(State(turned: world.now))
    }

    /// Takes a permit, or a place in the queue, of the bucket of this name and these figures, which is made when it is not there.
    /// - Precondition: the order is valid.
    func judge(_ order: LimitOrder) -> LimitVerdict {
        let now = world.now
        return state.withLock { state in
            state.longest = max(state.longest, order.policy.window)
            turn(&state, now)
            if state.young[order] == nil {
                state.young[order] = state.old.removeValue(forKey: order) ?? SlidingWindow(order.policy, now: now)
            }
            return state.young[order, default: SlidingWindow(order.policy, now: now)].take(now: now)
        }
    }

    /// Gives back a place in the queue. No effect when the bucket is gone.
    func giveBack(_ place: Int64, of order: LimitOrder) {
        let now = world.now
        state.withLock { state in
            if state.young[order]?.leave(place, now: now) == nil { state.old[order]?.leave(place, now: now) }
        }
    }

    public func take(_ order: LimitOrder) async -> LimitTicket { LimitTicket(judge(order), order) }

    public func leave(_ ticket: LimitTicket) async { giveBack(ticket.verdict.place, of: ticket.order) }

    private func turn(_ state: inout State, _ now: Instant) {
        let isFull = state.young.count >= capacity / 2
        // A window holds nothing any more after its length, and its queue is empty by then too.
        guard isFull || now - state.turned >= state.longest * 2 else { return }
        if isFull { state.dropped += UInt64(state.old.count) }
        state.old = state.young
        state.young = [:]
        state.turned = now
    }

    /// Buckets that are kept now.
    public var count: Int { state.withLock { $0.young.count + $0.old.count } }

    /// How many there are, and how many were dropped that may still have counted.
    public var metrics: [MetricSample] {
        let (count, dropped) = state.withLock { ($0.young.count + $0.old.count, $0.dropped) }
        return [
            MetricSample("gossamer_limits_buckets", .gauge, Double(count), help: "Buckets of rate limits that this node keeps."),
            MetricSample(
                "gossamer_limits_buckets_dropped_total", .counter, Double(dropped),
                help: "Buckets that had to go for others though they may still have counted."),
        ]
    }
}
