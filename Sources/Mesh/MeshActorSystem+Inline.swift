import World

extension MeshActorSystem {
    /// The node's event loop, for tasks that shall call from where the answers arrive: neither way is a thread to be woken.
    ///
    /// What binds an ``InlineActor`` binds such a task: it must never block.
    public var inlineExecutor: any ActorExecutor { core.loop }
}
