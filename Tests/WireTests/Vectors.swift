import Foundation
import Wire
import World

/// A file of Tests/WireTests/vectors.
struct Vector: Decodable {
    let name: String
    let hex: String

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors")

    static func all(_ file: String) throws -> [String: [UInt8]] {
        let vectors = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: folder.appending(path: file)))
        return Dictionary(uniqueKeysWithValues: vectors.map { ($0.name, bytes($0.hex)) })
    }

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}

/// What the vectors of frames.json mean, written a second time in Swift.
let frames: [String: any Frame] = [
    "hello of a node": Hello(
        mesh: "shop", identity: NodeIdentity(name: "n1", life: 7), address: PeerAddress(host: "10.0.0.1", port: 7000),
        versions: WireVersions(1, 1), software: "gossamer 1.0.0", fingerprint: 0x1122_3344_5566_7788, capabilities: ["bulk"],
        token: 0xDEAD_BEEF, attempt: 3, expected: "n2"),
    "hello of a client": Hello(
        mesh: "m", identity: NodeIdentity(name: "python-client", life: 1_700_000_000_000),
        address: PeerAddress(host: "", port: 0), versions: WireVersions(1, 3), software: "x", fingerprint: 0, capabilities: [],
        token: 1, attempt: 1, expected: nil),
    "welcome with a table": Welcome(
        identity: NodeIdentity(name: "n2", life: 1), address: PeerAddress(host: "::1", port: 7003), version: 1,
        software: "gossamer 1.0.0", fingerprint: .max, capabilities: [], token: 77, targets: ["A.a()", "B.b(_:)"]),
    "welcome without a table": Welcome(
        identity: NodeIdentity(name: "n2", life: 300), address: PeerAddress(host: "127.0.0.1", port: 65533), version: 1,
        software: "", fingerprint: 5, capabilities: ["a", "b"], token: .max, targets: nil),
    "refuse": Refuse(
        code: .noCommonVersion, message: "no common wire version", identity: NodeIdentity(name: "n2", life: 9),
        versions: WireVersions(2, 4)),
    "reject": Reject(token: 0x0102_0304),
    "ack of nothing": Ack(truth: 0, work: 0),
    "ack": Ack(truth: 128, work: 70000),
    "ack that answers a mark": Ack(truth: 0, work: 3, truthMark: 0, workMark: 300),
    "mark": Mark(number: 300),
    "goodbye": Goodbye(message: "leaving"),
    "membership": MembershipFrame(payload: [0x00, 0xff, 0x10]),
    "membership, empty": MembershipFrame(payload: []),
    "membership, with a wall clock": MembershipFrame(payload: [0x01], wallMs: 1_800_000_000_123),
    "call of a singleton": Call(
        id: 1, actor: 0, target: 0, deadlineMs: 30000, arguments: Vector.bytes("91c41000112233445566778899aabbccddeeff")[...]),
    "call with a trace": Call(
        id: 65536, actor: 4_294_967_296, target: 129, deadlineMs: 0, arguments: [0x90], trace: [1, 2]),
    "call, largest numbers": Call(id: .max, actor: .max, target: .max, deadlineMs: .max, arguments: []),
    "reply": Reply(id: 1, result: Vector.bytes("c41000112233445566778899aabbccddeeff")[...]),
    "reply of nothing": Reply(id: 256, result: []),
    "reply error without a payload": ReplyError(id: 5, code: .noSuchActor, message: "no such actor"),
    "reply error with a payload": ReplyError(
        id: 6, code: .calleeFailed, message: "Üben", typeName: "Primes.PrimesError", payload: [0x81, 0xa1, 0x61, 0xc0]),
    "cancel": Cancel(id: 127),
    "watch": Watch(actor: 0, typeName: "Echo"),
    "unwatch": Unwatch(actor: 31, typeName: "Echo"),
    "terminated": Terminated(actor: 31, typeName: "Echo"),
    "receptionist, all": ReceptionistUpdate(
        version: 9, isFull: true,
        entries: [
            .init(key: "rooms", listings: [.init(actor: 1, typeName: "ChatRoom"), .init(actor: 2, typeName: "ChatRoom")]),
            .init(key: "empty", listings: []),
        ]),
    "receptionist, nothing": ReceptionistUpdate(version: 1, isFull: false, entries: []),
    "members query": MembersQuery(id: 4),
    "members reply": MembersReply(
        id: 4, version: 12,
        members: [
            .init(
                identity: NodeIdentity(name: "n1", life: 7), address: PeerAddress(host: "127.0.0.1", port: 7000), status: .alive,
                incarnation: 0, roles: ["edge", "store"], edge: "127.0.0.1:8080"),
            .init(
                identity: NodeIdentity(name: "n2", life: 1), address: PeerAddress(host: "127.0.0.1", port: 7003), status: .dead,
                incarnation: 5, roles: [], edge: nil),
        ]),
]

extension Frame {
    /// Reads `bytes` as a frame of the receiver's own type.
    static func reread(_ bytes: [UInt8]) throws(WireError) -> any Frame { try unpack(bytes[...]) }

    func isSame(as other: any Frame) -> Bool { (other as? Self) == self }
}
