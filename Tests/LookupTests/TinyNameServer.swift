import Foundation
import Synchronization

/// A name server that answers every question as a test says, on a port of 127.0.0.1.
final class TinyNameServer: Sendable {
    /// `127.0.0.1:PORT`.
    let address: String
    private let descriptor: Int32
    /// A socket of another port.
    private let elsewhere = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    private let asked = Atomic(0)
    private let isStopping = Atomic(false)

    /// Packets that have come.
    var questions: Int { asked.load(ordering: .relaxed) }

    /// A packet to send back.
    struct Packet: Sendable {
        let bytes: [UInt8]
        /// From another port than the question has gone to.
        var isFromElsewhere = false
    }

    /// - Parameter answer: the packet to send back, if any.
    convenience init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
        try self.init(packets: { question in answer(question).map { [Packet(bytes: $0)] } ?? [] })
    }

    /// - Parameter answer: the packets to send back, in their order.
    init(packets answer: @escaping @Sendable ([UInt8]) -> [Packet]) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        var own = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
        own.sin_family = sa_family_t(AF_INET)
        own.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafeMutablePointer(to: &own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        address = "127.0.0.1:\(UInt16(bigEndian: own.sin_port))"
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [self] in serve(answer) }
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    private func serve(_ answer: ([UInt8]) -> [Packet]) {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while !isStopping.load(ordering: .relaxed) {
            var peer = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                    let count = recvfrom(descriptor, &buffer, buffer.count, 0, peer, &length)
                    guard count > 0 else { return }
                    asked.add(1, ordering: .relaxed)
                    for packet in answer(Array(buffer[..<count])) {
                        sendto(packet.isFromElsewhere ? elsewhere : descriptor, packet.bytes, packet.bytes.count, 0, peer, length)
                    }
                }
            }
        }
        close(descriptor)
        close(elsewhere)
    }

    /// The name and the type that a packet asks for.
    static func asked(_ question: [UInt8]) -> (name: String, type: UInt8) {
        var labels: [String] = [], position = 12
        while position < question.count, question[position] > 0, position + Int(question[position]) < question.count {
            let end = position + 1 + Int(question[position])
            labels.append(String(decoding: question[position + 1..<end], as: UTF8.self))
            position = end
        }
        return (labels.joined(separator: "."), position + 2 < question.count ? question[position + 2] : 0)
    }

    /// The question sent back as an answer with this response code and these records behind it.
    /// - Parameter authority: records that stand behind those.
    static func reply(_ question: [UInt8], code: UInt8 = 0, records: [[UInt8]] = [], authority: [[UInt8]] = []) -> [UInt8] {
        guard question.count >= 12, let end = question[12...].firstIndex(of: 0) else { return [] }
        var reply = Array(question[..<min(question.count, end + 5)])
        reply[2] = 0x81
        reply[3] = 0x80 | code
        for index in 6..<12 { reply[index] = 0 }
        reply[7] = UInt8(records.count)
        reply[9] = UInt8(authority.count)
        return reply + records.joined() + authority.joined()
    }

    /// A record; its owner is the question's name when none is given.
    static func record(type: UInt8, data: [UInt8], owner: String? = nil, seconds: UInt32 = 60) -> [UInt8] {
        let time = withUnsafeBytes(of: seconds.bigEndian) { Array($0) }
        let length = [UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
        return (owner.map(name) ?? [0xC0, 12]) + [0, type, 0, 1] + time + length + data
    }

    /// The record of authority of a negative answer.
    static func authority(seconds: UInt32, minimum: UInt32) -> [UInt8] {
        let numbers = [1, 2, 3, 4, minimum].flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        return record(type: 6, data: name("ns.test") + name("who.test") + numbers, owner: "test", seconds: seconds)
    }

    /// A name as on the wire.
    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}
