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
    let socket: PingSocket
    let address: IPAddress
    let isRaw: Bool
    let settings: PingSettings
    private let identifier: UInt16
    private let payload: [UInt8]
    private var ledger: EchoLedger

    init(socket: PingSocket, address: IPAddress, isRaw: Bool, settings: PingSettings, marks: PingMarks) {
        self.socket = socket
        self.address = address
        self.isRaw = isRaw
        self.settings = settings
        ledger = EchoLedger(patience: settings.patience)
        (identifier, payload) = marks.next()
    }

    /// - Throws: `CancellationError`.
    mutating func run(_ world: any World) async throws -> EchoLedger {
        let begun = world.now
        while true {
            let now = world.now
            ledger.expire(now)
            let nextSending = ledger.count < settings.count ? begun + settings.interval * ledger.count : nil
            if let nextSending, nextSending <= now {
                send(now)
                continue
            }
            guard let next = [ledger.nextEnd, nextSending].compactMap({ $0 }).min() else { return ledger }
            let ready = try await DescriptorWatch.shared.wait(for: [.init(socket.descriptor)], atMost: next - now)
            if !ready.isEmpty { receive(world) }
        }
    }

    private mutating func send(_ now: Instant) {
        let echo = ICMPEcho(identifier: identifier, sequence: UInt16(truncatingIfNeeded: ledger.count + 1), payload: payload)
        let bytes = echo.request(address.version)
        ledger.send(now)
        if Glibc.send(socket.descriptor, bytes, bytes.count, 0) < 0 { ledger.end(ledger.count - 1, Self.words(errno)) }
    }

    private mutating func receive(_ world: any World) {
        var buffer = [UInt8](repeating: 0, count: 2_048), hops: Int32 = -1
        // As many packets as there may be echoes, and errors between them; then the clock is looked at again.
        for _ in 0..<settings.count * 2 {
            let count = clookup_icmp_receive(socket.descriptor, &buffer, UInt(buffer.count), &hops)
            if count >= 0 {
                take(buffer[..<count], hops, world.now)
            } else if count == -Int(EAGAIN) || count == -Int(EWOULDBLOCK) {
                return
            } else if count != -Int(EINTR), let oldest = ledger.oldest {
                // The system does not say which one an error belongs to.
                ledger.end(oldest, Self.words(Int32(-count)))
            }
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, _ hops: Int32, _ now: Instant) {
        let hasHeader = isRaw && address.version == .v4
        guard let echo = ICMPEcho(reply: bytes, address.version, hasHeader: hasHeader), echo.payload == payload,
            !isRaw || echo.identifier == identifier
        else { return }
        ledger.answer(Int(echo.sequence) - 1, hops: hops >= 0 ? Int(hops) : nil, now)
    }

    private static func words(_ number: Int32) -> String {
        switch number {
        case EHOSTUNREACH: "DestinationHostUnreachable"
        case ENETUNREACH: "DestinationNetworkUnreachable"
        case ECONNREFUSED: "DestinationProtocolUnreachable"
        case EACCES, EPERM: "DestinationProhibited"
        case EMSGSIZE: "PacketTooBig"
        default: SystemFailure(number: number).description
        }
    }
}
