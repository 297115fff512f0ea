import JSONDocument
import Placement

/// The work ring as a page draws it: shares, and where on the circle they lie.
enum RingPicture {
    /// Arcs that a page draws; a ring of more is told by its shares alone.
    static let arcsShown = 4_096
    /// Steps of the circle in which ends are told: a hundredth of a degree is finer than any screen.
    private static let steps = 36_000.0

    static func json(_ ring: HashRing) -> JSON {
        let shares = ring.shares()
        let arcs = ring.arcs()
        let order = Dictionary(shares.enumerated().map { ($1.member.name, $0) }, uniquingKeysWith: { first, _ in first })
        return [
            "fingerprint": .string(String(ring.fingerprint, radix: 16)),
            "members": .array(shares.map { ["name": .string($0.member.name), "share": .number($0.fraction)] }),
            // Pairs in one array: the end in steps, then the number of the member in `members`.
            "arcs": arcs.count > arcsShown ? .null : .array(arcs.flatMap { arc -> [JSON] in
                [.number(Int(fraction(arc.end) * steps)), .number(order[arc.member.name] ?? 0)]
            }),
            "steps": .number(Int(steps)),
        ]
    }

    /// A place on the circle, 0 ... 1, clockwise from the top.
    static func fraction(_ position: UInt64) -> Double { Double(position) * 0x1p-64 }
}
