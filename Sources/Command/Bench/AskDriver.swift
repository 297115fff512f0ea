import CPlatform
import Distributed
import Mesh
import World

/// Asks an echo node in several ways, and measures.
struct AskDriver {
    static let callers = 64
    static let payload = "0123456789abcdef"

    private let system: MeshActorSystem
    private let world: any World
    private let inline: InlineEcho
    private let pool: PoolEcho
    private let span: Duration

    /// - Parameter seconds: for each figure.
    init(system: MeshActorSystem, echo: NodeIdentity, seconds: Double, world: any World) throws {
        self.system = system
        self.world = world
        inline = try system.singleton(InlineEcho.self, on: echo)
        pool = try system.singleton(PoolEcho.self, on: echo)
        span = .nanoseconds(Int64(seconds * 1e9))
    }

    func run() async throws -> AskFigures {
        // Warms up caches, queues and the processor's clock.
        _ = try await sequential(span / 5) { try await inline.echo($0) }
        _ = try await sequential(span / 5) { try await pool.echo($0) }
        var figures = AskFigures()
        let before = try await processorTime()
        var latency = try await sequential(span) { try await inline.echo($0) }
        figures.processorPerAsk = Double(try await processorTime() - before) / 1e3 / Double(latency.count)
        (figures.inlineP50, figures.inlineP99) = (latency.percentile(0.5), latency.percentile(0.99))
        latency = try await sequential(span) { try await pool.echo($0) }
        (figures.poolP50, figures.poolP99) = (latency.percentile(0.5), latency.percentile(0.99))
        figures.concurrent = try await concurrent(span)
        figures.oneWay = try await oneWay(Int(figures.concurrent * span.seconds))
        (figures.bytesOut, figures.bytesIn) = try await bytesPerEcho()
        return figures
    }

    /// Both processes.
    private func processorTime() async throws -> Int64 {
        try await inline.processorTime() + ProcessorTime.own.nanoseconds
    }

    private func sequential(_ span: Duration, _ ask: (String) async throws -> String) async throws -> Samples {
        var samples: [Double] = []
        let end = world.now + span
        var before = world.now
        while before < end {
            guard try await ask(Self.payload) == Self.payload else { throw CommandFailure(.software, "an echo was another one") }
            let after = world.now
            samples.append(Double((after - before).nanoseconds) / 1e3)
            before = after
        }
        return Samples(samples)
    }

    /// Asks in a second, by 64 callers of which each waits for its answer.
    private func concurrent(_ span: Duration) async throws -> Double {
        let start = world.now, end = start + span
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<Self.callers {
                group.addTask { [world, inline] in
                    var count = 0
                    while world.now < end {
                        for _ in 0..<16 { _ = try await inline.echo(Self.payload) }
                        count += 16
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / (world.now - start).seconds
    }

    /// Messages in a second that arrive, none answered.
    private func oneWay(_ count: Int) async throws -> Double {
        let start = world.now
        let before = try await inline.notedCount()
        try await system.oneWay {
            for _ in 0..<count {
                while true {
                    do {
                        try await inline.note(Self.payload)
                        break
                    } catch let error as MeshError where error.code == .overloaded {
                        try await world.sleep(for: .microseconds(200))
                    }
                }
            }
        }
        let deadline = world.now + .seconds(10)
        var arrived = 0
        while arrived < count, world.now < deadline { arrived = try await inline.notedCount() - before }
        guard arrived == count else {
            throw CommandFailure(.software, "of \(count) one-way messages \(arrived) have arrived within 10 s")
        }
        return Double(arrived) / (world.now - start).seconds
    }

    /// What an echo costs on its TCP connection, ZMTP and acknowledgements included, as the kernel counts it (`TCP_INFO`).
    private func bytesPerEcho() async throws -> (out: Double, in: Double) {
        let count = 20_000
        let before = Connections.read(world.files)
        for _ in 0..<count { _ = try await inline.echo(Self.payload) }
        // The last acknowledgements are still on their way.
        try await world.sleep(for: .milliseconds(100))
        let after = Connections.read(world.files)
        let grown = after.compactMap { connection, bytes -> (sent: UInt64, received: UInt64)? in
            let old = before[connection] ?? (0, 0)
            return bytes.sent >= old.sent ? (bytes.sent - old.sent, bytes.received - old.received) : nil
        }
        // The work lane is the one that carries them; probes and rumours have a lane of their own.
        guard let work = grown.max(by: { $0.sent < $1.sent }) else {
            throw CommandFailure(.software, "this process has no TCP connection to count bytes on")
        }
        return (Double(work.sent) / Double(count), Double(work.received) / Double(count))
    }
}

/// The TCP connections of this process.
enum Connections {
    struct Ports: Hashable {
        let own: Int32
        let peer: Int32
    }

    static func read(_ files: any FileSystem) -> [Ports: (sent: UInt64, received: UInt64)] {
        var result: [Ports: (sent: UInt64, received: UInt64)] = [:]
        for name in (try? files.list("/proc/self/fd")) ?? [] {
            guard let descriptor = Int32(name) else { continue }
            var own: Int32 = 0, peer: Int32 = 0, sent: UInt64 = 0, received: UInt64 = 0
            guard cplatform_tcp_ports(descriptor, &own, &peer) == 0, cplatform_tcp_bytes(descriptor, &sent, &received) == 0
            else { continue }
            result[Ports(own: own, peer: peer)] = (sent, received)
        }
        return result
    }
}
