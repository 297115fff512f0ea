/// One of the three connections that a node keeps to a peer, so that nothing bulky ever delays a probe.
///
/// The lane's number is also the distance of its port from the node's first port.
public enum Lane: UInt8, CaseIterable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Handshakes, membership and acknowledgements: small, unreliable, unordered.
    case pulse = 0
    /// Register frames, but for the large ones: reliable and in order within a session.
    case truth = 1
    /// Calls, events, bulk and catch-up: reliable and in order within a session.
    case work = 2

    /// Whether messages of the lane are numbered, acknowledged and sent again until they are.
    @inlinable public var isReliable: Bool { self != .pulse }

    /// Where a frame of registers of this size travels. The order of register frames means nothing, so two lanes serve them.
    public static func ofRegisters(bytes: Int) -> Lane { bytes <= WireLimits.registersOnTruth ? .truth : .work }

    public static func < (a: Lane, b: Lane) -> Bool { a.rawValue < b.rawValue }

    public var description: String {
        switch self {
        case .pulse: "pulse"
        case .truth: "truth"
        case .work: "work"
        }
    }
}
