import CLookup
import Glibc
import Synchronization
import World

/// Makes each run of echoes one that can be told from all others.
final class PingMarks: Sendable {
    private let stream: Mutex<RandomStream>

    init(_ world: any World) { stream = Mutex(world.random("lookup.ping")) }

    /// An identifier, and seven random words: the 56 bytes that ping programs have always sent.
    func next() -> (identifier: UInt16, payload: [UInt8]) {
        stream.withLock { stream in
            let identifier = UInt16(truncatingIfNeeded: stream.next())
            return (identifier, (0..<7).flatMap { _ in withUnsafeBytes(of: stream.next()) { Array($0) } })
        }
    }
}

/// One run of echoes over one socket: all are sent at their times whether earlier ones are answered or not, and each waits for itself.
struct ICMPPing {
    private struct Sent {
        let at: Instant
        var echo: PingReport.Echo?
    }

    let socket: PingSocket
    let address: IPAddress
    let isRaw: Bool
    let settings: PingSettings
    private let identifier: UInt16
    private let payload: [UInt8]
    private var sent: [Sent] = []

    init(socket: PingSocket, address: IPAddress, isRaw: Bool, settings: PingSettings, marks: PingMarks) {
        self.socket = socket
        self.address = address
        self.isRaw = isRaw
        self.settings = settings
        (identifier, payload) = marks.next()
    }

    /// - Throws: `CancellationError`.
    mutating func run(_ world: any World) async throws -> [PingReport.Echo] {
        let begun = world.now
        while true {
            let now = world.now
            expire(now)
            let nextSending = begun + settings.interval * sent.count
            if sent.count < settings.echoes, nextSending <= now {
                send(now)
                continue
            }
            let unanswered = sent.filter { $0.echo == nil }.map { $0.at + settings.patience }
            let events = unanswered + (sent.count < settings.echoes ? [nextSending] : [])
            guard let next = events.min() else { return sent.compactMap(\.echo) }
            let ready = try await DescriptorWatch.shared.wait(for: [.init(socket.descriptor)], atMost: next - now)
            if !ready.isEmpty { receive(world) }
        }
    }

    private mutating func expire(_ now: Instant) {
        for index in sent.indices where sent[index].echo == nil && sent[index].at + settings.patience <= now {
            sent[index].echo = PingReport.Echo(status: "TimedOut")
        }
    }

    private mutating func send(_ now: Instant) {
        let echo = ICMPEcho(identifier: identifier, sequence: UInt16(truncatingIfNeeded: sent.count + 1), payload: payload)
        let bytes = echo.request(address.version)
        sent.append(Sent(at: now))
        if Glibc.send(socket.descriptor, bytes, bytes.count, 0) < 0 { fail(sent.count - 1, errno) }
    }

    private mutating func receive(_ world: any World) {
        var buffer = [UInt8](repeating: 0, count: 2_048), hops: Int32 = -1
        // As many packets as there may be echoes, and errors between them; then the clock is looked at again.
        for _ in 0..<settings.echoes * 2 {
            let count = clookup_icmp_receive(socket.descriptor, &buffer, UInt(buffer.count), &hops)
            if count >= 0 {
                take(buffer[..<count], hops, world.now)
            } else if count == -Int(EAGAIN) || count == -Int(EWOULDBLOCK) {
                return
            } else if count != -Int(EINTR), let oldest = sent.firstIndex(where: { $0.echo == nil }) {
                // The system does not say which one an error belongs to.
                fail(oldest, Int32(-count))
            }
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, _ hops: Int32, _ now: Instant) {
        let hasHeader = isRaw && address.version == .v4
        guard let echo = ICMPEcho(reply: bytes, address.version, hasHeader: hasHeader), echo.payload == payload,
            !isRaw || echo.identifier == identifier
        else { return }
        let index = Int(echo.sequence) - 1
        // A second answer to the same echo changes nothing.
        guard sent.indices.contains(index), sent[index].echo == nil else { return }
        sent[index].echo = PingReport.Echo(
            roundTrip: now - sent[index].at, hops: hops >= 0 ? Int(hops) : nil, status: "Success")
    }

    private mutating func fail(_ index: Int, _ number: Int32) {
        let status = switch number {
        case EHOSTUNREACH: "DestinationHostUnreachable"
        case ENETUNREACH: "DestinationNetworkUnreachable"
        case ECONNREFUSED: "DestinationProtocolUnreachable"
        case EACCES, EPERM: "DestinationProhibited"
        case EMSGSIZE: "PacketTooBig"
        default: SystemFailure(number: number).description
        }
        sent[index].echo = PingReport.Echo(status: status)
    }
}
