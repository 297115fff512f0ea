import World

extension MembershipLimits {
    static func check(name: String) throws(MembershipError) {
        let bytes = name.utf8.count
        if bytes < 1 || bytes > nameBytes { throw .badText(field: "node name", bytes: bytes, limit: nameBytes) }
    }

    static func check(_ address: MemberAddress) throws(MembershipError) {
        let bytes = address.host.utf8.count
        if bytes < 1 || bytes > hostBytes { throw .badText(field: "host", bytes: bytes, limit: hostBytes) }
    }

    /// Whether metadata may travel.
    public static func check(_ metadata: MemberMetadata) throws(MembershipError) {
        if metadata.roles.count > roles { throw .metadataTooLarge(field: "number of roles", size: metadata.roles.count, limit: roles) }
        if metadata.labels.count > labels { throw .metadataTooLarge(field: "number of labels", size: metadata.labels.count, limit: labels) }
        for (field, text) in metadata.texts where text.utf8.count > textBytes {
            throw .badText(field: field, bytes: text.utf8.count, limit: textBytes)
        }
        let size = PackedMetadata(metadata).count
        if size > metadataBytes { throw .metadataTooLarge(field: "packed metadata", size: size, limit: metadataBytes) }
    }
}

extension MemberMetadata {
    /// Every text with the name of its field.
    var texts: [(String, String)] {
        var all = roles.map { ("role", $0) }
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) { all += [("label", key), ("label \(key)", value)] }
        return all + [("zone", zone), ("software version", versions.software), ("admin URL", adminURL ?? ""), ("edge URL", edgeURL ?? "")]
    }
}

/// Bytes of values in MessagePack.
enum PackedSize {
    static func of(_ number: UInt64) -> Int {
        number < 1 << 7 ? 1 : number < 1 << 8 ? 2 : number < 1 << 16 ? 3 : number < 1 << 32 ? 5 : 9
    }

    static func of(_ text: String) -> Int {
        let bytes = text.utf8.count
        return bytes + (bytes < 32 ? 1 : bytes < 256 ? 2 : 3)
    }
}

extension MemberRecord {
    /// Packed size of a record without metadata and accusers, where the age takes its usual most.
    static func bareSize(_ member: Member) -> Int {
        PackedSize.of(member.name) + PackedSize.of(member.identity.life) + PackedSize.of(member.address.host)
            + PackedSize.of(UInt64(member.address.port)) + PackedSize.of(member.incarnation)
            + PackedSize.of(member.metadataVersion) + (member.status.isLive ? 5 : 9)
    }

    /// How long the speaker has held the member dead or left.
    var age: Duration { .milliseconds(Int64(clamping: ageMs)) }

    /// Witnesses of a refused connection.
    var refusals: Int { accusers.reduce(0) { $0 + ($1.refused ? 1 : 0) } }
}

extension MemberOutline {
    /// Packed size of a member's line.
    static func size(_ member: Member) -> Int {
        // The array's header, the mark and the status take 7 bytes at most.
        PackedSize.of(member.name) + PackedSize.of(member.identity.life) + PackedSize.of(member.incarnation)
            + PackedSize.of(member.metadataVersion) + 7
    }
}
