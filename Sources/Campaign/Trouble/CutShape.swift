import World

/// The shapes in which networks break.
package enum CutShape: CaseIterable, Sendable {
    /// One machine hears nobody, and nobody hears it.
    case isolate
    /// Two parts, as equal as can be.
    case halves
    /// Two parts, and one machine that both reach.
    case bridge
    /// Each machine reaches its two neighbours only.
    case ring
    /// A part does not reach the rest, but hears it.
    case oneWay
    /// Some pairs do not reach each other.
    case pairs

    /// The ways that are cut in a mesh of `count` machines.
    package func ways(_ count: Int, _ random: inout RandomStream) -> [(from: Int, to: Int)] {
        let order = random.shuffled(Array(0..<count))
        switch self {
        case .isolate: return both(order.prefix(1), order.dropFirst())
        case .halves: return both(order.prefix(count / 2), order.dropFirst(count / 2))
        case .bridge:
            let rest = order.dropFirst()
            return both(rest.prefix(rest.count / 2), rest.dropFirst(rest.count / 2))
        case .ring:
            return order.indices.flatMap { i in
                order.indices.filter { j in i != j && (i + 1) % count != j && (j + 1) % count != i }.map { (order[i], order[$0]) }
            }
        case .oneWay:
            let size = 1 + random.below(max(1, count / 2))
            return order.dropFirst(size).flatMap { to in order.prefix(size).map { ($0, to) } }
        case .pairs:
            let chance = [0.15, 0.3, 0.6][random.below(3)]
            var ways: [(from: Int, to: Int)] = []
            for a in 0..<count {
                for b in (a + 1)..<max(a + 1, count) where random.chance(chance) { ways += [(a, b), (b, a)] }
            }
            return ways
        }
    }

    private func both(_ a: ArraySlice<Int>, _ b: ArraySlice<Int>) -> [(from: Int, to: Int)] {
        a.flatMap { from in b.flatMap { to in [(from, to), (to, from)] } }
    }
}
