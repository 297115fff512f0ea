/// Records that were used lately, as they will be when all is written: a change looks at its register's record several times, and
/// the store has to find, check and read it each time.
///
/// Two generations: what is used goes into the younger one, and when that is full it becomes the older one, whose content goes. So
/// the rarely used leave together, nothing is kept per use, and no order of a dictionary decides what stays.
struct RecordCache {
    /// Records of one generation.
    static let limit = 4_096
    /// Bytes of one generation's records, as ``RegisterRecord/weight`` counts them.
    static let byteLimit = 8 << 20

    private var young: [RegisterKey: RegisterRecord] = [:]
    private var old: [RegisterKey: RegisterRecord] = [:]
    /// Of all that was put into the younger generation; what was replaced counts as well, so that this is a bound and never too
    /// low.
    private var bytes = 0

    /// The record, which counts as used now; nil when it is not here.
    mutating func record(of key: RegisterKey) -> RegisterRecord? {
        if let record = young[key] { return record }
        guard let record = old[key] else { return nil }
        put(key, record)
        return record
    }

    mutating func put(_ key: RegisterKey, _ record: RegisterRecord) {
        if young.count >= Self.limit || bytes >= Self.byteLimit {
            old = young
            young = [:]
            bytes = 0
        }
        young[key] = record
        bytes += record.weight
    }

    mutating func remove(_ key: RegisterKey) {
        young[key] = nil
        old[key] = nil
    }
}

extension RegisterRecord {
    /// Bytes in memory, about.
    fileprivate var weight: Int { 256 + state.bytes.count + (pending?.size ?? 0) }
}
