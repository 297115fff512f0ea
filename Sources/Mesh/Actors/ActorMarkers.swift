import Distributed

/// An actor of which a node holds one. Its id is known without asking: see ``MeshActorSystem/singleton(_:on:)``.
///
/// When another of the type is made it takes the place: calls reach the newer from then on, and the older ends those it
/// has begun. Watches and check-ins go by the id, so they go over to the newer too.
public protocol NodeSingleton: DistributedActor {}

/// An actor that runs on the node's event loop itself, so that its answer leaves without a thread switch.
///
/// It delays every frame of the node while it runs: it must never block and should return within 100 us. The event loop
/// counts turns of more than 1 ms.
public protocol InlineActor: DistributedActor {}

/// An actor that starts a call from afar only when the one before has ended. Without it calls start in order and
/// interleave where they await, as Swift's own do.
///
/// Two such actors that call each other wait until the deadline.
public protocol OneAtATime: DistributedActor {}
