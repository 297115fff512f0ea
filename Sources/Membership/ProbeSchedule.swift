import World

/// Whom to probe next: everybody once per round, in an order shuffled anew each round (SWIM, section 4.3), so that the time until a
/// failure is first noticed is bounded and probes do not march in step.
struct ProbeSchedule: Sendable {
    private var order: [Int] = []
    private var next = 0

    /// The next slot for which `isLive` holds; `refill` gives all live slots when a round is over.
    mutating func pop(
        random: inout RandomStream, isLive: (Int) -> Bool, refill: () -> [Int]
    ) -> Int? {
        for _ in 0..<2 {
            while next < order.count {
                next += 1
                if isLive(order[next - 1]) { return order[next - 1] }
            }
            order = refill()
            order.shuffle(using: &random)
            next = 0
        }
        return nil
    }

    /// A newcomer takes a random place in what is left of the round, so that it is probed within one round.
    mutating func insert(_ slot: Int, random: inout RandomStream) {
        let place = next + random.below(order.count - next + 1)
        order.append(slot)
        order.swapAt(place, order.count - 1)
    }
}
