import Choreography
import Distributed
import Mesh
import World

/// Does the parts that actors anywhere have ordered, by the node's workers. One on every node.
public distributed actor NodeWorker: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let workers: [String: any Worker]
    private let results: any ResultStore

    init(actorSystem: MeshActorSystem, workers: [any Worker], results: any ResultStore) {
        self.actorSystem = actorSystem
        self.results = results
        self.workers = Dictionary(workers.map { ($0.kind.name, $0) }) { first, _ in first }
    }

    /// Does a part of the work that is called `kind`. Cancelling the call means that nobody waits for it any longer.
    /// - Throws: `WorkRefusal`.
    public distributed func perform(_ kind: String, _ task: WorkTask) async throws -> WorkResult {
        guard let worker = workers[kind] else { throw WorkRefusal(.overloaded, "this node does no work of the kind \(kind)") }
        let payload = try await worker.perform(task)
        guard payload.count > ChoreographyLimits.resultBytes else { return .done(payload) }
        guard let work = task.work else {
            throw WorkRefusal(
                .invalid, "part \(task.part) of \(task.orderer) has come to \(payload.count) bytes; only of work that ends more than "
                    + "\(ChoreographyLimits.resultBytes) may be kept")
        }
        return .stored(try await results.save(payload, of: work))
    }
}
