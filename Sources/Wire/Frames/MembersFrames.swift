import MessagePack
import World

/// Asks a node for its picture of the mesh; on the work lane. Answered by ``MembersReply``.
public struct MembersQuery: Frame {
    public static let kind = FrameKind.membersQuery

    /// Names the query in its answer.
    public var id: UInt64

    public init(id: UInt64) { self.id = id }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(1, &writer)
        writer.pack(id)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> MembersQuery {
        try read(bytes, required: 1) { reader, _ throws(MessagePackError) in MembersQuery(id: try reader.readUInt64()) }
    }
}

/// A node's picture of the mesh, itself included, sorted by name.
public struct MembersReply: Frame {
    public static let kind = FrameKind.membersReply

    /// A member as the answering node sees it.
    public struct Member: Hashable, Sendable {
        /// What the answering node holds of the member: that it answers, that it may be gone, that it is gone, that it said goodbye.
        public enum Status: UInt8, CaseIterable, Hashable, Sendable {
            case alive = 0, suspect = 1, dead = 2, left = 3
        }

        /// The member's name, and the life that is known of it.
        public var identity: NodeIdentity
        /// Where it is dialled.
        public var address: PeerAddress
        /// Liveness by gossip: whom to ask first, never what is true.
        public var status: Status
        /// Counts the member's refutations in this life.
        public var incarnation: UInt64
        /// What it does for the mesh, such as `primes`; none while it drains.
        public var roles: [String]
        /// `host:port` of the member's edge, if it is one.
        public var edge: String?

        public init(
            identity: NodeIdentity, address: PeerAddress, status: Status, incarnation: UInt64, roles: [String], edge: String?
        ) {
            self.identity = identity
            self.address = address
            self.status = status
            self.incarnation = incarnation
            self.roles = roles
            self.edge = edge
        }
    }

    /// Of the query.
    public var id: UInt64
    /// Counts the changes of the answering node's view.
    public var version: UInt64
    /// Sorted by name.
    public var members: [Member]

    public init(id: UInt64, version: UInt64, members: [Member]) {
        self.id = id
        self.version = version
        self.members = members
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(3, &writer)
        writer.pack(id)
        writer.pack(version)
        writer.packArrayHeader(members.count)
        for member in members {
            writer.packArrayHeader(8)
            writer.pack(member.identity)
            writer.pack(member.address)
            writer.pack(member.status.rawValue)
            writer.pack(member.incarnation)
            writer.pack(member.roles)
            writer.packOptional(member.edge)
        }
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> MembersReply {
        try read(bytes, required: 3) { reader, _ throws(MessagePackError) in
            var reply = MembersReply(id: try reader.readUInt64(), version: try reader.readUInt64(), members: [])
            let count = try reader.readArrayHeader(max: WireLimits.listCount)
            reply.members.reserveCapacity(count)
            for _ in 0..<count { reply.members.append(try readMember(&reader)) }
            return reply
        }
    }

    private static func readMember(_ reader: inout MessagePackReader) throws(MessagePackError) -> Member {
        try reader.expectArray(of: 8)
        let identity = try reader.readIdentity()
        let address = try reader.readAddress()
        let start = reader.position
        guard let status = Member.Status(rawValue: try reader.readInt(as: UInt8.self)) else {
            throw MessagePackError(.outOfRange, at: start)
        }
        return Member(
            identity: identity, address: address, status: status, incarnation: try reader.readUInt64(),
            roles: try reader.readTexts(max: 64, maxBytes: WireLimits.textBytes),
            edge: try reader.readOptionalText(maxBytes: WireLimits.hostBytes + 8))
    }
}
