import Distributed
import Mesh
import World

/// Answers on the event loop of its node.
distributed actor InlineEcho: NodeSingleton, InlineActor {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private var noted = 0

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func echo(_ text: String) -> String { text }

    /// Called one way; ``notedCount()`` tells how often.
    distributed func note(_ text: String) { noted += 1 }

    distributed func notedCount() -> Int { noted }

    /// Processor time of the whole process so far, in nanoseconds.
    distributed func processorTime() -> Int64 { ProcessorTime.own.nanoseconds }
}

/// Answers on a thread of the pool.
distributed actor PoolEcho: NodeSingleton {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func echo(_ text: String) -> String { text }
}
