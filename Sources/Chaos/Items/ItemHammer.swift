import Items
import JSONDocument
import Synchronization
import World

/// Where a hammer writes down what it asks of tenants, and what it is told.
package protocol ItemLedger: Sendable {
    /// A process number that nobody has had.
    func nextProcess() -> Int

    /// Notes that an operation begins.
    /// - Returns: writes down what came of it.
    func begin(_ deed: ItemRecord.Deed, of tenant: String, process: Int, via: String) -> ItemEnding
}

/// Takes the outcome of an operation, what it has counted, and, for people, why it has failed.
package typealias ItemEnding = @Sendable (ItemRecord.Outcome, _ count: Int?, _ detail: String) -> Void

/// Many clients that add items to a few tenants and count them, all at once, whatever happens to the mesh meanwhile.
package struct ItemHammer: Sendable {
    /// The nodes that are asked.
    package let edges: [String]
    /// Names without characters that a path would have to encode.
    package let tenants: [String]
    package let workers: Int
    /// Operations after which none begins; nil for any number.
    package let operations: Int?
    /// Time after which none begins.
    package let span: Duration
    /// At least so long from one operation of a client to its next; zero for no wait.
    package let beat: Duration
    package let ledger: any ItemLedger
    package let ask: @Sendable (StageQuestion) async -> StageAnswer
    package let world: any World

    package init(
        edges: [String], tenants: [String], workers: Int, operations: Int? = nil, span: Duration, beat: Duration = .zero,
        ledger: any ItemLedger, world: any World, ask: @escaping @Sendable (StageQuestion) async -> StageAnswer
    ) {
        (self.edges, self.tenants, self.workers, self.operations) = (edges, tenants, workers, operations)
        (self.span, self.beat, self.ledger, self.world, self.ask) = (span, beat, ledger, world, ask)
    }

    /// An edge says at 9 s what it knows.
    private static let answerLimit = Duration.seconds(12)
    /// How long last counts are insisted on.
    private static let patience = Duration.seconds(60)
    /// After something that was not acknowledged.
    private static let pause = Duration.milliseconds(50)
    /// Of the operations: reads, and additions that need a delivery.
    private static let reads = 0.3, deliveries = 0.02

    /// The path of a tenant's count.
    static func path(of tenant: String) -> String { "/items/\(tenant)/count" }

    /// Sent as often as one likes it adds each id once.
    static func addition(of ids: [String], to tenant: String, at edge: String) -> StageQuestion {
        let body = JSON.array(ids.map { ["id": .string($0), "tenant": .string(tenant)] })
        return StageQuestion(edge, .edge, .post, "/items", body: body, timeout: answerLimit)
    }

    /// Returns when all clients are done, or as soon as it is over.
    /// - Parameter isOver: asked between operations.
    package func run(isOver: @escaping @Sendable () -> Bool) async {
        let deadline = world.now + span, begun = Turns(operations ?? .max)
        let clients = (0..<workers).map { number in
            world.spawn("hammer") {
                // Side by side, and not all in the same moment.
                let start = Duration.nanoseconds(beat.nanoseconds * Int64(number) / Int64(workers))
                guard (try? await world.sleep(for: start)) != nil else { return }
                var client = Client(self)
                while !isOver(), !Task.isCancelled, world.now < deadline, begun.take() {
                    let next = world.now + beat
                    await client.turn()
                    guard (try? await world.sleep(until: next)) != nil else { return }
                }
            }
        }
        // Ctrl-C waits for nobody.
        while !isOver(), !begun.isOver, world.now < deadline { do { try await world.sleep(for: .milliseconds(20)) } catch { break } }
        if isOver() { return }
        for client in clients { await client.finished() }
    }

    /// Counts each of the tenants once more, and insists on it for a while, which is one for all of them.
    package func countOnceMore(_ tenants: [String], isOver: @Sendable () -> Bool) async {
        let deadline = world.now + Self.patience
        for tenant in tenants {
            var client = Client(self)
            while !isOver(), world.now < deadline, await client.read(tenant) != .ok { try? await world.sleep(for: Self.pause) }
        }
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
            process = hammer.ledger.nextProcess()
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
            let end = hammer.ledger.begin(.add(ids), of: tenant, process: process, via: edge)
            let answer = await hammer.ask(ItemHammer.addition(of: ids, to: tenant, at: edge))
            let outcome: ItemRecord.Outcome = switch answer {
            case .answered(200, _, _): .ok
            case .answered(400..<500, _, _), .refused: .failed
            case .answered(_, let json, _): json?["outcome"] == "not counted" ? .failed : .unknown
            case .silent: .unknown
            }
            end(outcome, nil, outcome == .ok ? "" : answer.complaint)
            // It may still happen: the process is never heard of again.
            if outcome == .unknown { (process, made) = (hammer.ledger.nextProcess(), 0) }
            return outcome
        }

        mutating func read(_ tenant: String) async -> ItemRecord.Outcome {
            let edge = hammer.edges[random.below(hammer.edges.count)]
            let end = hammer.ledger.begin(.read(count: nil), of: tenant, process: process, via: edge)
            let answer = await hammer.ask(
                StageQuestion(edge, .edge, .get, ItemHammer.path(of: tenant), timeout: ItemHammer.answerLimit))
            var count: Int?
            if case .answered(200, let json, _) = answer { count = json?["count"]?.integer(Int.self) }
            // A read that is not answered has done nothing, and never will.
            end(count == nil ? .failed : .ok, count, count == nil ? answer.complaint : "")
            return count == nil ? .failed : .ok
        }
    }
}
