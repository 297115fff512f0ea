import MessagePack
import World

extension MemberRecord {
    static let fieldCount = 10

    func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader(Self.fieldCount)
        writer.pack(identity.name)
        writer.pack(identity.life)
        writer.pack(address.host)
        writer.pack(address.port)
        writer.pack(incarnation)
        writer.pack(status.rawValue)
        writer.pack(ageMs)
        writer.packArrayHeader(accusers.count * 2)
        for accuser in accusers {
            writer.pack(accuser.name)
            writer.pack(accuser.refused)
        }
        writer.pack(metadataVersion)
        if let metadata { writer.append(metadata.bytes) } else { writer.packNil() }
    }

    init(from reader: inout MessagePackReader) throws {
        try reader.expectFields(Self.fieldCount, of: "record")
        identity = try NodeIdentity(from: &reader)
        address = try MemberAddress(from: &reader)
        incarnation = try reader.readCounter("incarnation")
        status = try reader.readStatus()
        ageMs = try reader.readCounter("age")
        let accusing = try reader.readArrayHeader(max: MembershipLimits.accusers * 2)
        if accusing % 2 != 0 { throw MembershipError.malformed("\(accusing) fields of accusers, an odd number") }
        accusers = []
        for _ in 0..<accusing / 2 {
            let name = try NodeIdentity.readName(&reader)
            accusers.append(Accuser(name: name, refused: try reader.readBool()))
        }
        metadataVersion = try reader.readCounter("metadata version")
        metadata = try reader.readNilIfPresent() ? nil : try PackedMetadata(from: &reader)
        if (metadata == nil) != (metadataVersion == 0) {
            throw MembershipError.malformed("metadata version \(metadataVersion) \(metadata == nil ? "without" : "with") metadata")
        }
    }
}

extension MemberOutline {
    static let fieldCount = 6

    func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader(Self.fieldCount)
        writer.pack(identity.name)
        writer.pack(identity.life)
        writer.pack(addressMark)
        writer.pack(incarnation)
        writer.pack(status.rawValue)
        writer.pack(metadataVersion)
    }

    init(from reader: inout MessagePackReader) throws {
        try reader.expectFields(Self.fieldCount, of: "outline")
        identity = try NodeIdentity(from: &reader)
        addressMark = try reader.readInt(as: UInt32.self)
        incarnation = try reader.readCounter("incarnation")
        status = try reader.readStatus()
        metadataVersion = try reader.readCounter("metadata version")
    }
}

extension NodeIdentity {
    init(from reader: inout MessagePackReader) throws {
        let name = try Self.readName(&reader)
        self.init(name: name, life: try reader.readCounter("life"))
    }

    static func readName(_ reader: inout MessagePackReader) throws -> String {
        let name = try reader.readString(maxBytes: MembershipLimits.nameBytes)
        try MembershipLimits.check(name: name)
        return name
    }
}

extension MemberAddress {
    init(from reader: inout MessagePackReader) throws {
        host = try reader.readString(maxBytes: MembershipLimits.hostBytes)
        port = try reader.readInt(as: UInt16.self)
        try MembershipLimits.check(self)
    }
}

extension MemberMetadata {
    static let fieldCount = 11

    func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader(Self.fieldCount)
        writer.packArrayHeader(roles.count)
        for role in roles { writer.pack(role) }
        writer.packArrayHeader(labels.count * 2)
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
            writer.pack(key)
            writer.pack(value)
        }
        writer.pack(capacity)
        writer.pack(zone)
        writer.pack(versions.software)
        writer.pack(versions.wireMin)
        writer.pack(versions.wireMax)
        writer.pack(versions.schema)
        if let adminURL { writer.pack(adminURL) } else { writer.packNil() }
        if let edgeURL { writer.pack(edgeURL) } else { writer.packNil() }
        writer.pack(load)
    }

    init(from reader: inout MessagePackReader) throws {
        try reader.expectFields(Self.fieldCount, of: "metadata")
        var roles: [String] = []
        for _ in 0..<(try reader.readArrayHeader(max: MembershipLimits.roles)) { roles.append(try reader.readText()) }
        let fields = try reader.readArrayHeader(max: MembershipLimits.labels * 2)
        if fields % 2 != 0 { throw MembershipError.malformed("\(fields) fields of labels, an odd number") }
        var labels: [String: String] = [:]
        for _ in 0..<fields / 2 {
            let key = try reader.readText()
            labels[key] = try reader.readText()
        }
        let capacity = try reader.readInt(as: UInt32.self)
        let zone = try reader.readText()
        let software = try reader.readText()
        let wireMin = try reader.readInt(as: UInt16.self)
        let wireMax = try reader.readInt(as: UInt16.self)
        let versions = MemberVersions(
            software: software, wireMin: wireMin, wireMax: wireMax, schema: try reader.readInt(as: UInt32.self))
        let adminURL = try reader.readNilIfPresent() ? nil : try reader.readText()
        let edgeURL = try reader.readNilIfPresent() ? nil : try reader.readText()
        self.init(
            roles: roles, labels: labels, capacity: capacity, zone: zone, versions: versions, adminURL: adminURL, edgeURL: edgeURL,
            load: try reader.readInt(as: UInt16.self))
    }
}

extension MessagePackReader {
    mutating func expectFields(_ count: Int, of what: String) throws {
        let found = try readArrayHeader(max: count)
        if found != count { throw MembershipError.malformed("\(what) has \(found) fields, not \(count)") }
    }

    fileprivate mutating func readText() throws -> String { try readString(maxBytes: MembershipLimits.textBytes) }

    fileprivate mutating func readCounter(_ what: String) throws -> UInt64 {
        let value = try readUInt64()
        if value >= MembershipLimits.counter { throw MembershipError.malformed("\(what) \(value) is not below 2^62") }
        return value
    }

    fileprivate mutating func readStatus() throws -> MemberStatus {
        let raw = try readInt(as: UInt8.self)
        guard let status = MemberStatus(rawValue: raw) else { throw MembershipError.malformed("status \(raw), which is not among 0 to 3") }
        return status
    }
}
