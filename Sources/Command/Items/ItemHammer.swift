import Items
import JSONDocument
import NIOHTTP1
import Synchronization
import Web
import World

/// Many clients that add items to a few tenants and count them, all at once, whatever happens to the mesh meanwhile.
struct ItemHammer: Sendable {
    struct Edge: Hashable, Sendable {
        let node: String
        let url: String
    }

    let edges: [Edge]
    let tenants: [String]
    let workers: Int
    /// Operations after which none begins; nil for any number.
    let operations: Int?
    /// Time after which none begins.
    let span: Duration
    let recorder: ItemRecorder
    let world: any World

    /// An edge says at 9 s what it knows.
    private static let answerLimit = Duration.seconds(12)
    /// How long a last count is insisted on.
    private static let patience = Duration.seconds(60)
    /// After something that was not acknowledged.
    private static let pause = Duration.milliseconds(50)
    /// Of the operations: reads, and additions that need a delivery.
    private static let reads = 0.3, deliveries = 0.02

    /// - Parameter isOver: asked between operations.
    func run(isOver: @escaping @Sendable () -> Bool) async {
        let deadline = world.now + span, begun = Turns(operations ?? .max)
        let clients = (0..<workers).map { _ in
            world.spawn("hammer") {
                var client = Client(self)
                while !isOver(), world.now < deadline, begun.take() { await client.turn() }
            }
        }
        // Ctrl-C waits for nobody.
        while !isOver(), !begun.isOver, world.now < deadline { do { try await world.sleep(for: .milliseconds(20)) } catch { break } }
        if isOver() { return }
        for client in clients { await client.finished() }
        // Where nothing was acknowledged a last count proves nothing.
        let counted = Set(recorder.records.lazy.filter { !$0.deed.isRead && $0.outcome == .ok }.map(\.tenant))
        for tenant in tenants where !isOver() && counted.contains(tenant) { await lastCount(of: tenant, isOver) }
    }

    private func lastCount(of tenant: String, _ isOver: @Sendable () -> Bool) async {
        let deadline = world.now + Self.patience
        var client = Client(self)
        while !isOver(), world.now < deadline, await client.read(tenant) != .ok { try? await world.sleep(for: Self.pause) }
    }

    /// How many operations may still begin.
    private final class Turns: Sendable {
        private let left: Mutex<Int>
        init(_ count: Int) { left = Mutex(count) }

        var isOver: Bool { left.withLock { $0 == 0 } }

        func take() -> Bool {
            left.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
        }
    }

    /// Does one thing after the other.
    private struct Client {
        private let hammer: ItemHammer
        private var random: RandomStream
        private var process: Int
        private var made = 0

        init(_ hammer: ItemHammer) {
            self.hammer = hammer
            random = hammer.world.random("hammer")
            process = hammer.recorder.nextProcess()
        }

        mutating func turn() async {
            let tenant = hammer.tenants[random.below(hammer.tenants.count)]
            let outcome = random.chance(ItemHammer.reads) ? await read(tenant) : await add(tenant)
            guard outcome != .ok else { return }
            try? await hammer.world.sleep(for: ItemHammer.pause)
        }

        private mutating func add(_ tenant: String) async -> ItemRecord.Outcome {
            let count = random.chance(ItemHammer.deliveries) ? ItemLimits.parcelItems + random.below(200) : 1 + random.below(4)
            let ids = (0..<count).map { _ in
                made += 1
                return "\(process)-\(made)"
            }
            let edge = hammer.edges[random.below(hammer.edges.count)]
            let place = hammer.recorder.begin(.add(ids), of: tenant, process: process, via: edge.node)
            let outcome: ItemRecord.Outcome
            do throws(NoAnswer) {
                let answer = try await ask(edge, ItemRun.path, .POST, ItemRun.body(ids, of: tenant))
                outcome = switch answer.status {
                case 200: .ok
                case 400..<500: .failed
                default: answer.json?["outcome"] == "not counted" ? .failed : .unknown
                }
            } catch {
                outcome = error.wasRefused ? .failed : .unknown
            }
            hammer.recorder.end(place, outcome)
            // It may still happen: the process is never heard of again.
            if outcome == .unknown { (process, made) = (hammer.recorder.nextProcess(), 0) }
            return outcome
        }

        mutating func read(_ tenant: String) async -> ItemRecord.Outcome {
            let edge = hammer.edges[random.below(hammer.edges.count)]
            let place = hammer.recorder.begin(.read(count: nil), of: tenant, process: process, via: edge.node)
            let answer = try? await ask(edge, ItemRun.path(of: tenant), .GET, nil)
            let count = answer?.status == 200 ? answer?.json?["count"]?.integer(Int.self) : nil
            // A read that is not answered has done nothing, and never will.
            hammer.recorder.end(place, count == nil ? .failed : .ok, count: count)
            return count == nil ? .failed : .ok
        }

        private func ask(_ edge: Edge, _ path: String, _ method: HTTPMethod, _ body: JSON?) async throws(NoAnswer) -> HTTPAnswer {
            try await HTTPAsker().ask(edge.url, path, method: method, body: body, timeout: ItemHammer.answerLimit)
        }
    }
}
