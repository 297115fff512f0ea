import Distributed
import Synchronization
import World

/// A local actor's place in its node: its executor, its mailbox, and a weak hold on the actor.
final class ActorCell: Sendable {
    private struct Hold { weak var actor: (any DistributedActor)? }

    let executor: any ActorExecutor
    let mailbox: Mailbox
    private let hold = Mutex(Hold())

    init(executor: any ActorExecutor, mailbox: Mailbox) {
        self.executor = executor
        self.mailbox = mailbox
    }

    /// Nil before the actor is ready and after it is gone. Held weakly: the mesh keeps no actor alive.
    var actor: (any DistributedActor)? {
        get { hold.withLock { $0.actor } }
        set { hold.withLock { $0.actor = newValue } }
    }
}
