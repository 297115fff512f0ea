import MessagePack
import World

/// The first frame of a session, from the side that dials. Sent on the pulse lane under token 0, again until answered.
public struct Hello: Frame {
    public static let kind = FrameKind.hello

    /// The name of the mesh. A node of another mesh refuses.
    public var mesh: String
    /// Who dials.
    public var identity: NodeIdentity
    /// Where the dialling node is reached; port 0 when it cannot be dialled (a client).
    public var address: PeerAddress
    public var versions: WireVersions
    /// Name and version of the software, for people.
    public var software: String
    /// Of the dialling node's contract table; 0 when it has none.
    public var fingerprint: UInt64
    /// Short names of optional abilities; unknown ones are ignored.
    public var capabilities: [String]
    /// What the answers are to carry: chosen at random by the dialling side.
    public var token: UInt32
    /// Counts the sessions that the dialling process has begun, so that a late Hello cannot displace a newer session.
    public var attempt: UInt64
    /// The name of the node that the dialling side means to reach, if it knows.
    public var expected: String?

    public init(
        mesh: String, identity: NodeIdentity, address: PeerAddress, versions: WireVersions, software: String,
        fingerprint: UInt64, capabilities: [String], token: UInt32, attempt: UInt64, expected: String?
    ) {
        self.mesh = mesh
        self.identity = identity
        self.address = address
        self.versions = versions
        self.software = software
        self.fingerprint = fingerprint
        self.capabilities = capabilities
        self.token = token
        self.attempt = attempt
        self.expected = expected
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(13, &writer)
        writer.pack(mesh)
        writer.pack(identity)
        writer.pack(address)
        writer.pack(versions.lowest)
        writer.pack(versions.highest)
        writer.pack(software)
        writer.pack(fingerprint)
        writer.pack(capabilities)
        writer.pack(token)
        writer.pack(attempt)
        writer.packOptional(expected)
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Hello {
        try read(bytes, required: 13) { reader, _ throws(MessagePackError) in
            Hello(
                mesh: try reader.readString(maxBytes: WireLimits.nameBytes), identity: try reader.readIdentity(),
                address: try reader.readAddress(), versions: try reader.readVersions(),
                software: try reader.readString(maxBytes: WireLimits.textBytes), fingerprint: try reader.readUInt64(),
                capabilities: try reader.readTexts(max: 64, maxBytes: WireLimits.textBytes),
                token: try reader.readToken(), attempt: try reader.readUInt64(),
                expected: try reader.readOptionalText(maxBytes: WireLimits.nameBytes))
        }
    }
}

extension MessagePackWriter {
    /// Two fields: name and life.
    mutating func pack(_ identity: NodeIdentity) {
        pack(identity.name)
        pack(identity.life)
    }

    /// Two fields: host and port.
    mutating func pack(_ address: PeerAddress) {
        pack(address.host)
        pack(address.port)
    }
}

extension MessagePackReader {
    mutating func readIdentity() throws(MessagePackError) -> NodeIdentity {
        NodeIdentity(name: try readString(maxBytes: WireLimits.nameBytes), life: try readUInt64())
    }

    mutating func readAddress() throws(MessagePackError) -> PeerAddress {
        let start = position
        let address = PeerAddress(host: try readString(maxBytes: WireLimits.hostBytes), port: try readInt(as: UInt16.self))
        guard address.isPlausible else { throw MessagePackError(.outOfRange, at: start) }
        return address
    }

    mutating func readVersions() throws(MessagePackError) -> WireVersions {
        let start = position
        let lowest = try readInt(as: UInt16.self)
        let highest = try readInt(as: UInt16.self)
        guard lowest <= highest else { throw MessagePackError(.outOfRange, at: start) }
        return WireVersions(lowest, highest)
    }

    /// A token that names a session, so not 0.
    mutating func readToken() throws(MessagePackError) -> UInt32 {
        let start = position
        let token = try readInt(as: UInt32.self)
        guard token != 0 else { throw MessagePackError(.outOfRange, at: start) }
        return token
    }
}
