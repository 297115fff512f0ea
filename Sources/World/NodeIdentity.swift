/// Who a node is: its name and its life.
///
/// The name comes from the topology file and lasts. The life is a durable counter that takes one step at every start of
/// the process, so that a restarted node is never taken for the one that died.
public struct NodeIdentity: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The node's name; unique in its mesh.
    public var name: String
    /// The number of the process among all that have borne the name; from 1.
    public var life: UInt64

    public init(name: String, life: UInt64) {
        self.name = name
        self.life = life
    }

    public static func < (a: NodeIdentity, b: NodeIdentity) -> Bool { (a.name, a.life) < (b.name, b.life) }

    /// `n1#7`: node n1 in its seventh life.
    public var description: String { "\(name)#\(life)" }
}
