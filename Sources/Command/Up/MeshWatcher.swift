import Synchronization
import Topology
import World

/// Takes pictures of a mesh all the time, so that whoever draws them never waits for a node.
package final class MeshWatcher: Sendable {
    private let latest = Mutex<MeshPicture?>(nil)
    private let task = Mutex<SpawnedTask?>(nil)

    /// - Parameters:
    ///   - nodes: who is asked.
    ///   - calm: between two pictures once one has been complete; before that 50 ms.
    package init(_ nodes: [TopologyNode], _ topology: Topology, calm: Duration = .milliseconds(500), world: any World) {
        let spawned = world.spawn("watcher") { [weak self] in
            var wasComplete = false
            while true {
                let picture = await MeshPicture.take(of: nodes, topology, timeout: .seconds(1))
                guard let self else { return }
                wasComplete = wasComplete || picture.isComplete
                self.latest.withLock { $0 = picture }
                do { try await world.sleep(for: wasComplete ? calm : .milliseconds(50)) } catch { return }
            }
        }
        task.withLock { $0 = spawned }
    }

    package var picture: MeshPicture? { latest.withLock { $0 } }

    package func stop() { task.withLock { $0 }?.cancel() }
}
