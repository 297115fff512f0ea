import Placement
import World

/// Who can work, in one decided view of the mesh.
public struct CrewView: Sendable {
    public let seats: [WorkerSeat]
    public let ring: HashRing

    public init(seats: [WorkerSeat], ring: HashRing) {
        self.seats = seats
        self.ring = ring
    }
}

/// What a home needs of the mesh.
public protocol JobCrew<Machine>: Sendable {
    associatedtype Machine: JobMachine

    /// Has the worker on `node` do a part of this job; returns or throws at the latest when `patience` is over, and soon after the
    /// node has been declared dead.
    func perform(
        _ order: Machine.Order, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(JobCallFailure) -> Machine.Answer

    /// Whether the mesh holds the node for dead: not one that has left, and not one that is merely out of reach.
    func hasDied(_ node: NodeIdentity) -> Bool

    /// Tells the home on `node` about a job of this one; gives up after a moment.
    /// - Returns: whether it has been taken.
    func tell(_ note: JobNote<Machine.Document>, to node: NodeIdentity) async -> Bool

    /// The view now and after every change. Ends with the node.
    func views() -> AsyncStream<CrewView>
}

extension JobLoss {
    init(_ failure: JobCallFailure, hasDied: Bool) {
        switch failure {
        case .nodeDown where hasDied, .cutOff where hasDied, .silent where hasDied: self = .died
        case .nodeDown, .cutOff: self = .nodeDown
        case .overloaded, .absent: self = .overloaded
        case .silent: self = .silent
        case .refused(let error): self = error.code == .overloaded ? .overloaded : .failed(error.message)
        case .failed(let reason), .broken(let reason): self = .failed(reason)
        }
    }
}
