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
        let size = metadata.estimate
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

    /// Upper bound of the packed size in bytes: a text of n bytes takes at most n + 3, a 32-bit number 5.
    var estimate: Int { texts.reduce(40) { $0 + $1.1.utf8.count + 3 } }
}

extension MemberRecord {
    /// Upper bound of the packed size of a record that carries no metadata and no accusers.
    static func estimateBare(_ member: Member) -> Int { member.name.utf8.count + member.address.host.utf8.count + 48 }

    /// The same with metadata.
    static func estimate(_ member: Member) -> Int { estimateBare(member) + member.metadata.estimate + 3 }

    /// Witnesses of a refused connection.
    var refusals: Int { accusers.reduce(0) { $0 + ($1.refused ? 1 : 0) } }
}
