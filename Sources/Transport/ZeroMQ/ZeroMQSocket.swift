import CZeroMQ
import Glibc
import Wire

/// One socket of libzmq, with what the loop knows of it.
final class ZeroMQSocket {
    enum Role {
        case listener(Lane)
        case channel(ChannelID)
        case monitor(of: ChannelID)
        case authenticator
    }

    let handle: UnsafeMutableRawPointer
    let role: Role
    let key: UInt32
    /// Becomes readable when the socket has something to tell (ZMQ_FD).
    let descriptor: Int32
    /// Whether the socket waits in the list of those to look at.
    var isQueued = false
    /// Whether a send on a channel has found it full, or not connected, since it was last writable.
    var isBlocked = false
    var isClosed = false
    /// Messages to take in one turn. It begins at one, because in a sequential exchange a second look finds nothing and
    /// costs a system call, and doubles while there are more.
    var budget = 1

    init(_ handle: UnsafeMutableRawPointer, role: Role, key: UInt32) {
        self.handle = handle
        self.role = role
        self.key = key
        descriptor = Self.get(handle, ZMQ_FD)
    }

    func set(_ option: Int32, _ value: Int32) {
        var value = value
        let code = zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
        precondition(code == 0, "libzmq does not know option \(option) with value \(value)")
    }

    func set(_ option: Int32, _ text: String) {
        let code = zmq_setsockopt(handle, option, text, text.utf8.count)
        precondition(code == 0, "libzmq does not take the text of option \(option)")
    }

    func set(_ option: Int32, wide value: Int64) {
        var value = value
        let code = zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size)
        precondition(code == 0, "libzmq does not know option \(option) with value \(value)")
    }

    private static func get(_ handle: UnsafeMutableRawPointer, _ option: Int32) -> Int32 {
        var value: Int32 = 0
        var size = MemoryLayout<Int32>.size
        zmq_getsockopt(handle, option, &value, &size)
        return value
    }

    /// ZMQ_POLLIN and ZMQ_POLLOUT, as of now. Takes in what the descriptor has told of.
    var events: Int32 { Self.get(handle, ZMQ_EVENTS) }

    /// True when libzmq took the packet; otherwise `zmq_errno` says why not.
    func send(_ packet: ArraySlice<UInt8>, more: Bool = false) -> Bool {
        let flags = Int32(ZMQ_DONTWAIT) | (more ? Int32(ZMQ_SNDMORE) : 0)
        return packet.withUnsafeBytes { zmq_send(handle, $0.baseAddress, $0.count, flags) >= 0 }
    }

    func send(_ text: String, more: Bool) { _ = send(Array(text.utf8)[...], more: more) }

    /// Takes the next part of a message. False when there is none.
    func receive(_ message: inout zmq_msg_t) -> Bool {
        while zmq_msg_recv(&message, handle, Int32(ZMQ_DONTWAIT)) < 0 {
            if zmq_errno() != EINTR { return false }
        }
        return true
    }

    /// Takes all parts of the next message. Empty when there is none.
    func receiveParts(_ message: inout zmq_msg_t) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        while receive(&message) {
            parts.append(Self.bytes(&message))
            if zmq_msg_more(&message) == 0 { break }
        }
        return parts
    }

    static func bytes(_ message: inout zmq_msg_t) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
    }
}
