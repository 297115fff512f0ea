import Distributed
import Mesh

/// The door to the buckets of a node, for the edges. One on every node, since the ring may place a bucket on any.
///
/// What it does takes a microsecond, so it runs on the event loop, where questions and answers pass anyway. No call waits in it: one that
/// has to is told for how long, and does so at its edge.
public distributed actor LimitDoor: NodeSingleton, InlineActor {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let buckets: LimitBuckets

    init(actorSystem: MeshActorSystem, buckets: LimitBuckets) {
        self.actorSystem = actorSystem
        self.buckets = buckets
    }

    /// Takes a permit of a bucket, or a place in its queue.
    public distributed func take(_ order: LimitOrder) throws -> LimitVerdict {
        guard order.isValid else { throw LimitOrderError(order: order) }
        return buckets.judge(order)
    }

    /// Gives back a place in a queue.
    public distributed func leave(_ order: LimitOrder, _ place: Int64) {
        buckets.giveBack(place, of: order)
    }
}
