import CAres

/// A type of record (RFC 1035, 3.2.2; RFC 3596, 2.1).
struct DNSType: Hashable, Sendable {
    let value: UInt16

    static let a = DNSType(value: 1)
    static let cname = DNSType(value: 5)
    static let ptr = DNSType(value: 12)
    static let aaaa = DNSType(value: 28)
}

/// A record of an answer, as far as lookups need it.
struct DNSRecord: Hashable, Sendable {
    enum Data: Hashable, Sendable {
        case address(IPAddress)
        case name(String)
        case other
    }

    /// In lower case, without a dot at its end.
    let owner: String
    let type: DNSType
    /// Seconds for which it may be kept; at most 2^31 - 1 (RFC 2181, 8).
    let timeToLive: UInt32
    let data: Data
}

/// The answer section of a message (RFC 1035, 4.1), read with c-ares's reader of names, which follows compression and knows its loops.
///
/// (The library's own readers of whole answers drop the time to live of PTR records and the order of several names.)
struct DNSMessage: Sendable {
    /// Records that are read; a longer answer is cut.
    private static let recordLimit = 256
    private static let headerBytes = 12

    let records: [DNSRecord]

    /// `nil` for bytes that are no message.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard bytes.count >= Self.headerBytes else { return nil }
        let questions = Int(bytes[4]) << 8 | Int(bytes[5]), answers = Int(bytes[6]) << 8 | Int(bytes[7])
        reader.position = Self.headerBytes
        for _ in 0..<questions {
            guard reader.name() != nil, reader.skip(4) else { return nil }
        }
        var records: [DNSRecord] = []
        for _ in 0..<min(answers, Self.recordLimit) {
            guard let record = reader.record() else { return nil }
            records.append(record)
        }
        self.records = records
    }

    /// The records of this type at the end of the chain of aliases that begins at `name`, in their order, and the least time to live
    /// on the way.
    func answer(_ name: String, _ type: DNSType) -> (data: [DNSRecord.Data], timeToLive: UInt32) {
        let aliasLimit = 16
        var owner = name.lowercased(), least = UInt32.max
        for _ in 0...aliasLimit {
            let found = records.filter { $0.owner == owner && $0.type == type }
            if !found.isEmpty { return (found.map(\.data), found.reduce(least) { min($0, $1.timeToLive) }) }
            guard let alias = records.first(where: { $0.owner == owner && $0.type == .cname }), case .name(let next) = alias.data
            else { break }
            least = min(least, alias.timeToLive)
            owner = next.lowercased()
        }
        return ([], 0)
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func skip(_ count: Int) -> Bool {
            guard position + count <= bytes.count else { return false }
            position += count
            return true
        }

        mutating func number(_ count: Int) -> UInt32? {
            let start = position
            guard skip(count) else { return nil }
            return bytes[start..<position].reduce(0) { $0 << 8 | UInt32($1) }
        }

        /// A name as text, special characters escaped as RFC 1035, 5.1, does.
        mutating func name() -> String? {
            guard position < bytes.count else { return nil }
            var text: UnsafeMutablePointer<CChar>?
            var length = 0
            let status = bytes.withUnsafeBufferPointer { buffer in
                ares_expand_name(buffer.baseAddress! + position, buffer.baseAddress!, Int32(buffer.count), &text, &length)
            }
            guard status == ARES_SUCCESS, let text else { return nil }
            defer { ares_free_string(text) }
            return skip(length) ? String(cString: text) : nil
        }

        mutating func record() -> DNSRecord? {
            guard let owner = name(), let type = number(2), let kind = number(2), let timeToLive = number(4), let length = number(2),
                position + Int(length) <= bytes.count
            else { return nil }
            let end = position + Int(length), isInternet = kind == 1
            let recordType = DNSType(value: UInt16(type))
            var data = DNSRecord.Data.other
            switch recordType {
            case .a where isInternet && length == 4, .aaaa where isInternet && length == 16:
                if let address = IPAddress(bytes: bytes[position..<end]) { data = .address(address) }
            case .ptr where isInternet, .cname where isInternet:
                guard let name = name(), position == end else { return nil }
                data = .name(name)
            default: break
            }
            position = end
            return DNSRecord(owner: owner.lowercased(), type: recordType, timeToLive: min(timeToLive, .max >> 1), data: data)
        }
    }
}
