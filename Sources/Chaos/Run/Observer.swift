import JSONDocument
import Synchronization
import World

/// Asks all nodes again and again whom they see, and writes down every change.
final class Observer: Sendable {
    static let beat = Duration.milliseconds(200)
    static let patience = Duration.seconds(1)

    private let stage: any ChaosStage
    private let recorder: Recorder
    private let nodes: [String]
    private let latest = Mutex<Look?>(nil)

    init(stage: any ChaosStage, recorder: Recorder, nodes: [String]) {
        self.stage = stage
        self.recorder = recorder
        self.nodes = nodes
    }

    /// The last look, whether or not it has shown anything new.
    var look: Look? { latest.withLock { $0 } }

    func begin(_ world: any World) {
        world.spawn("chaos.observer") { [self] in
            while !Task.isCancelled {
                let call = recorder.now
                let views = await views()
                let isNews = latest.withLock { latest in
                    defer { latest = Look(callNs: call, returnNs: recorder.now, views: views) }
                    return latest?.views != views
                }
                if isNews { recorder.record(.observer, .views(views), call: call) }
                do { try await world.sleep(for: Self.beat) } catch { return }
            }
        }
    }

    private func views() async -> [String: [String: String]?] {
        await withTaskGroup(of: (String, [String: String]?).self) { group in
            for node in nodes {
                group.addTask { [stage] in
                    let answer = await stage.ask(StageQuestion(node, .admin, .get, "/members", timeout: Self.patience))
                    return (node, answer.document.flatMap(Self.view))
                }
            }
            var views: [String: [String: String]?] = [:]
            for await (node, view) in group { views.updateValue(view, forKey: node) }
            return views
        }
    }

    /// Statuses by name. Of a name that is there in several lives the last counts, and one that has left only if there is no other.
    private static func view(_ document: JSON) -> [String: String]? {
        guard let rows = document.elements ?? document["members"]?.elements else { return nil }
        var view: [String: String] = [:]
        for row in rows {
            guard let name = row["name"]?.string, let status = row["status"]?.string else { return nil }
            if status == "left", view[name] != nil { continue }
            view[name] = status
        }
        return view
    }
}
