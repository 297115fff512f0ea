import MessagePack
import World

/// The answer to a ``Hello`` that is accepted, under the token that the Hello named.
public struct Welcome: Frame {
    public static let kind = FrameKind.welcome

    /// Who answers.
    public var identity: NodeIdentity
    /// Where the answering node is reached.
    public var address: PeerAddress
    /// The wire version that both speak from now on.
    public var version: UInt16
    /// Name and version of the software, for people.
    public var software: String
    /// Of the answering node's contract table.
    public var fingerprint: UInt64
    /// Short names of optional abilities; unknown ones are ignored.
    public var capabilities: [String]
    /// What the dialling side's messages are to carry: chosen at random by the answering side.
    public var token: UInt32
    /// The answering node's call targets in the order of their indices; absent when the Hello had the same fingerprint.
    public var targets: [String]?

    public init(
        identity: NodeIdentity, address: PeerAddress, version: UInt16, software: String, fingerprint: UInt64,
        capabilities: [String], token: UInt32, targets: [String]?
    ) {
        self.identity = identity
        self.address = address
        self.version = version
        self.software = software
        self.fingerprint = fingerprint
        self.capabilities = capabilities
        self.token = token
        self.targets = targets
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(10, &writer)
        writer.pack(identity)
        writer.pack(address)
        writer.pack(version)
        writer.pack(software)
        writer.pack(fingerprint)
        writer.pack(capabilities)
        writer.pack(token)
        if let targets { writer.pack(targets) } else { writer.packNil() }
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Welcome {
        try read(bytes, required: 10) { reader, _ throws(MessagePackError) in
            Welcome(
                identity: try reader.readIdentity(), address: try reader.readAddress(),
                version: try reader.readInt(as: UInt16.self),
                software: try reader.readString(maxBytes: WireLimits.textBytes), fingerprint: try reader.readUInt64(),
                capabilities: try reader.readTexts(max: 64, maxBytes: WireLimits.textBytes),
                token: try reader.readToken(),
                targets: try reader.readNilIfPresent()
                    ? nil : try reader.readTexts(max: WireLimits.targets, maxBytes: WireLimits.symbolBytes))
        }
    }
}
