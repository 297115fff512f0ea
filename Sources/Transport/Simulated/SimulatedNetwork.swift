import Synchronization
import Wire
import World

// A network of connections in virtual time
// ========================================
// It behaves like TCP under ZeroMQ where that matters above: connections take a round trip to make, keep their order, are
// refused where nobody listens, are silent where a cut lies, break when a process dies, and are made again with growing
// pauses. And it misbehaves where a test asks for it, beyond what TCP does: packets can be lost, doubled and overtaken on a
// connection that stands, because the links must not depend on the floor below for anything but authenticity.
//
// Everything random comes from the simulation's seed, and every arrival is noted in its trace.

/// The network that connects the nodes of one ``Simulation``.
public final class SimulatedNetwork: Sendable {
    /// What befalls packets between two nodes.
    public struct Conditions: Hashable, Sendable {
        /// One-way latency: uniform between the two.
        public var minLatency = Duration.microseconds(100)
        public var maxLatency = Duration.microseconds(400)
        /// Chances of a packet, each 0 to 1.
        public var loss = 0.0
        public var duplication = 0.0
        /// Chance of an extra wait of up to ten times the longest latency, in which others overtake.
        public var reordering = 0.0

        public init() {}
    }

    /// What a cut does to packets.
    public enum Cut: Hashable, Sendable {
        /// They are lost.
        case drop
        /// They wait for the heal, as TCP's do behind a firewall that drops.
        case hold
    }

    let simulation: Simulation
    let state: Mutex<SimulatedNetworkState>

    public init(_ simulation: Simulation, conditions: Conditions = Conditions()) {
        self.simulation = simulation
        state = Mutex(SimulatedNetworkState(simulation: simulation, conditions: conditions))
    }

    /// The sockets of one life of a node. An earlier life of the name must have been killed.
    public func sockets(for node: String, loop: SimulatedEventLoop) -> SimulatedSockets {
        SimulatedSockets(network: self, attachment: state.withLock { $0.attach(node, loop) })
    }

    /// Makes `name` another name of `host`, as the DNS does.
    public func setName(_ name: String, of host: String) { state.withLock { $0.names[name] = host } }

    /// Connections begun to a host so far, on all lanes, whatever came of them.
    public func connects(to host: String) -> Int { state.withLock { $0.connects[host] ?? 0 } }

    /// The conditions between all nodes that have none of their own.
    public func setConditions(_ conditions: Conditions) { state.withLock { $0.conditions = conditions } }

    /// The conditions from one node to another.
    public func setConditions(_ conditions: Conditions, from: String, to: String) {
        state.withLock { $0.pairConditions[.init(from: from, to: to)] = conditions }
    }

    /// Cuts one direction.
    public func cut(from: String, to: String, _ cut: Cut = .drop) {
        simulation.note("cut \(from)>\(to) \(cut)")
        state.withLock { $0.cuts[.init(from: from, to: to)] = cut }
    }

    /// Cuts both directions between every node of `a` and every one of `b`.
    public func partition(_ a: [String], _ b: [String], _ cut: Cut = .drop) {
        for first in a {
            for second in b {
                self.cut(from: first, to: second, cut)
                self.cut(from: second, to: first, cut)
            }
        }
    }

    /// Ends all cuts. What was held goes on.
    public func heal() {
        simulation.note("heal")
        state.withLock { $0.heal(self) }
    }

    /// Ends the cut of one direction.
    public func heal(from: String, to: String) {
        simulation.note("heal \(from)>\(to)")
        state.withLock { $0.heal(self, only: .init(from: from, to: to)) }
    }

    /// Breaks every connection between two nodes, whichever has opened it. They are made again.
    public func breakConnections(_ a: String, _ b: String) {
        simulation.note("break \(a) \(b)")
        state.withLock { $0.breakConnections(a, b, self) }
    }

    /// The process of the node ends: its ports refuse, its connections break.
    public func kill(_ node: String) { state.withLock { $0.kill(node, self) } }

    /// Packets handed to the network so far, and their bytes.
    public var traffic: (packets: Int, bytes: Int) { state.withLock { ($0.packets, $0.bytes) } }
}
