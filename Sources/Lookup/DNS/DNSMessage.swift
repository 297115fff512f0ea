import CAres

/// A type of record (RFC 1035, 3.2.2; RFC 3596, 2.1).
struct DNSType: Hashable, Sendable {
    let value: UInt16

    static let a = DNSType(value: 1)
    static let ns = DNSType(value: 2)
    static let cname = DNSType(value: 5)
    static let soa = DNSType(value: 6)
    static let ptr = DNSType(value: 12)
    static let aaaa = DNSType(value: 28)
}

/// A record of an answer, as far as lookups need it.
struct DNSRecord: Hashable, Sendable {
    enum Data: Hashable, Sendable {
        case address(IPAddress)
        case name(String)
        /// The last field of a SOA record: seconds for which it may be kept that there is no such name or record (RFC 2308, 4).
        case minimum(UInt32)
        case other
    }

    /// In lower case, without a dot at its end.
    let owner: String
    let type: DNSType
    /// Seconds for which it may be kept; at most 2^31 - 1 (RFC 2181, 8).
    let timeToLive: UInt32
    let data: Data
}

/// The answer and authority sections of a message (RFC 1035, 4.1), read with c-ares's reader of names, which follows compression and
/// knows its loops.
///
/// (The library's own readers of whole answers drop the time to live of PTR records, the order of several names, and the authority.)
struct DNSMessage: Sendable {
    /// Records of one section that are read; a longer section is cut.
    private static let recordLimit = 256
    private static let headerBytes = 12

    /// The response code: 0 no error, 3 no such name.
    let code: UInt8
    let records: [DNSRecord]
    private let authority: [DNSRecord]
    private let isAuthoritative: Bool
    /// Who sent it, as `address:port`; `nil` for one of the system's.
    let server: String?

    /// `nil` for bytes that are no answer to an ordinary question, though the header may fit. Of an answer that reports a failure only
    /// the header counts.
    init?(_ bytes: [UInt8], from server: String?) {
        guard bytes.count >= Self.headerBytes else { return nil }
        let isResponse = bytes[2] & 0x80 != 0, operation = bytes[2] >> 3 & 0xF
        guard isResponse, operation == 0 else { return nil }
        self.server = server
        code = bytes[3] & 0xF
        isAuthoritative = bytes[2] & 0x04 != 0
        guard code == 0 || code == 3 else {
            (records, authority) = ([], [])
            return
        }
        var reader = Reader(bytes: bytes)
        func count(_ index: Int) -> Int { Int(bytes[index]) << 8 | Int(bytes[index + 1]) }
        reader.position = Self.headerBytes
        for _ in 0..<count(4) {
            guard reader.name() != nil, reader.skip(4) else { return nil }
        }
        guard let records = reader.records(min(count(6), Self.recordLimit)) else { return nil }
        self.records = records
        // Where a section is cut, the next one's beginning is not known.
        let isCut = count(6) > Self.recordLimit
        guard let authority = isCut ? [] : reader.records(min(count(8), Self.recordLimit)) else { return nil }
        self.authority = authority
    }

    /// How long it may be kept that there is no such name or record, in seconds: the lesser of the SOA record's own time and its last
    /// field (RFC 2308, 5). `nil` when the message has none, and then it is not to be kept.
    var negativeTimeToLive: UInt32? {
        for record in authority where record.type == .soa {
            if case .minimum(let seconds) = record.data { return min(record.timeToLive, seconds) }
        }
        return nil
    }

    /// True for an answer that only says whom else to ask (RFC 2308, 2.2), as servers do that find out nothing for others.
    var isReferral: Bool {
        code == 0 && records.isEmpty && !isAuthoritative && negativeTimeToLive == nil && authority.contains { $0.type == .ns }
    }

    /// How far a chain of aliases leads within the answer.
    struct Walk: Sendable {
        /// The records of the type at the end of the chain, in their order.
        var data: [DNSRecord.Data] = []
        /// The names that the aliases lead to, in their order; the last is the end of the chain.
        var aliases: [String] = []
        /// The least of all records on the way; `UInt32.max` without any.
        var timeToLive = UInt32.max
    }

    /// Follows the aliases (RFC 1034, 3.6.2) from `name`, up to `limit` of them: a chain that is a circle has more than any limit.
    func walk(from name: String, _ type: DNSType, limit: Int) -> Walk {
        var walk = Walk(), owner = name.lowercased()
        while true {
            let found = records.filter { $0.owner == owner && $0.type == type }
            if !found.isEmpty {
                walk.data = found.map(\.data)
                walk.timeToLive = found.reduce(walk.timeToLive) { min($0, $1.timeToLive) }
                return walk
            }
            guard walk.aliases.count <= limit, let alias = records.first(where: { $0.owner == owner && $0.type == .cname }),
                case .name(let next) = alias.data
            else { return walk }
            walk.timeToLive = min(walk.timeToLive, alias.timeToLive)
            owner = next.lowercased()
            walk.aliases.append(owner)
        }
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

        mutating func records(_ count: Int) -> [DNSRecord]? {
            var records: [DNSRecord] = []
            for _ in 0..<count {
                guard let record = record() else { return nil }
                records.append(record)
            }
            return records
        }

        private mutating func record() -> DNSRecord? {
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
            case .soa where isInternet:
                // The names of the server and of who answers for it, and four numbers for other servers.
                guard name() != nil, name() != nil, skip(16), let minimum = number(4), position == end else { return nil }
                data = .minimum(minimum)
            default: break
            }
            position = end
            // A time with the highest bit set counts as none (RFC 2181, 8).
            let isTime = timeToLive <= .max >> 1
            return DNSRecord(owner: owner.lowercased(), type: recordType, timeToLive: isTime ? timeToLive : 0, data: data)
        }
    }
}
