import Choreography
import Membership
import Registers
import World

/// Something that happens to a simulated mesh at a time.
enum MeshEvent {
    /// Something arrives at a machine.
    case parcel(Int, MeshParcel)
    /// A deadline of a process may have come; of its membership, of its replica, and of its courier.
    case gossipTick(Int, process: Int)
    case registerTick(Int, process: Int)
    case courierTick(Int, process: Int)
    /// A replica handles all that has come.
    case turn(Int, process: Int)
    /// The disk has written, or has found no room.
    case written(Int, process: Int)
    case refused(Int, process: Int)
    /// The replica hears what the disk has done.
    case told(Int, process: Int, ReplicaInput)
    /// The courier hears what has come of something.
    case courierHears(Int, process: Int, CourierInput)
    /// Parts are with workers: time has passed; a worker begins one; one was not answered in time.
    case workTick(Int, process: Int)
    case partBegun(Int, process: Int, PartCall)
    case partDue(Int, process: Int, UInt64)
    /// A task has said something; and one hears what has come of its wish of this number.
    case task(Int, process: Int, Post.Word)
    case taskHears(Int, process: Int, UInt64, Post.Answer)
    /// A forwarded wish has got no answer in time.
    case routeDue(Int, process: Int, route: UInt64, attempt: Int)
    /// A node looks for newer configurations.
    case lookAround(Int, process: Int)
    /// A frozen process goes on.
    case thaw(Int)
    case death(Int, process: Int, keepsPending: Bool)
    case start(Int)
    /// Something of the clients, of the nemesis or of the judge.
    case action((SimulatedMesh) -> Void)
}

/// What travels between machines.
enum MeshParcel {
    /// Answers to probes tell the wall clock of whoever answers.
    case gossip([UInt8], from: MembershipPeer, wall: WallTime?)
    case accept(from: Int, MembershipPeer)
    case connected(MembershipPeer)
    case lost(MembershipPeer)
    case refused(MembershipPeer)
    /// A frame of registers.
    case registers([UInt8])
    case errand(Errand)
    case errandDone(Errand.Return, Result<[UInt8], RegisterError>)
    /// A part for a worker, and its answer.
    case part(PartCall)
    case partAnswer(PartCall)
    /// "Give me your configuration", and the answer.
    case configurationQuestion(from: Int)
    case configuration([UInt8])
    /// From a client outside, and from a user of an edge.
    case call(ClientCall)
    case edgeCall(EdgeCall)
}

/// A wish on its way from the node where a client asked to a home.
struct Errand {
    /// Whom the answer goes to.
    struct Return: Hashable {
        let machine: Int
        let route: UInt64
        let attempt: Int
    }

    let back: Return
    let key: RegisterKey
    let action: RegisterWish.Action
    let patience: Duration
}

/// What a client asks a node.
struct ClientCall {
    /// Unique in a run.
    let number: UInt64
    let key: RegisterKey
    let action: RegisterWish.Action
    let patience: Duration
}

/// A client's request at the node where it came in: who was asked, and what is known.
struct Route {
    let call: ClientCall
    let deadline: Instant
    /// Homes that have not been asked yet, best first.
    var ahead: [StoreID]
    var attempt = 0
    /// Somebody was asked and has not said that nothing happened.
    var isOpen = false
    /// The last refusal.
    var refusal: RegisterError?
}
