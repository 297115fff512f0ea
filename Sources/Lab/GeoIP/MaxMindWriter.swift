/// Writes database files in the MaxMind format, version 2.0 (github.com/maxmind/MaxMind-DB): a tree of addresses of IPv6, those of IPv4
/// below ::/96, with records of 24 bits.
public struct MaxMindWriter: Sendable {
    public indirect enum Value: Sendable {
        case text(String)
        case double(Double)
        case float(Float)
        case short(UInt16)
        case number(UInt32)
        case signed(Int32)
        case long(UInt64)
        case bool(Bool)
        case map([(String, Value)])
        case array([Value])
    }

    private enum Record {
        case nothing
        case node(Int)
        case data(Int)
    }

    /// What a record of 24 bits can count.
    private static let recordLimit = 1 << 24

    private let type: String
    private let about: String
    private let builtAtSeconds: UInt64
    private var nodes: [(Record, Record)] = [(.nothing, .nothing)]
    private var data: [UInt8] = []

    /// - Parameters:
    ///   - type: `GeoLite2-City` and the like.
    ///   - about: the file's description, in English.
    ///   - builtAtSeconds: since 1970.
    public init(type: String, about: String = "made by hand", builtAtSeconds: UInt64) {
        self.type = type
        self.about = about
        self.builtAtSeconds = builtAtSeconds
    }

    /// Adds a record for all addresses of a prefix; prefixes must not lie in one another.
    /// - Parameters:
    ///   - address: 4 or 16 bytes.
    ///   - length: 1 to 32 or 128 bits.
    public mutating func add(_ value: Value, _ address: [UInt8], length: Int) {
        let isShort = address.count == 4
        let bytes = isShort ? [UInt8](repeating: 0, count: 12) + address : address
        let bits = (isShort ? 96 : 0) + length
        let offset = data.count
        data += Self.encode(value)
        var node = 0
        for index in 0..<bits {
            let isRight = bytes[index / 8] >> UInt8(7 - index % 8) & 1 == 1
            if index == bits - 1 {
                if isRight { nodes[node].1 = .data(offset) } else { nodes[node].0 = .data(offset) }
                return
            }
            if case .node(let next) = isRight ? nodes[node].1 : nodes[node].0 {
                node = next
                continue
            }
            nodes.append((.nothing, .nothing))
            if isRight { nodes[node].1 = .node(nodes.count - 1) } else { nodes[node].0 = .node(nodes.count - 1) }
            node = nodes.count - 1
        }
    }

    /// The file's bytes. What it holds must fit records of 24 bits: nodes and bytes of data together below 16 Mi.
    public var bytes: [UInt8] {
        let dataGap = 16
        precondition(
            nodes.count + dataGap + data.count < Self.recordLimit, "\(nodes.count) nodes and \(data.count) bytes need longer records")
        var tree: [UInt8] = []
        for (left, right) in nodes {
            for record in [left, right] {
                let number = switch record {
                case .nothing: nodes.count
                case .node(let index): index
                case .data(let offset): nodes.count + dataGap + offset
                }
                tree += [UInt8(number >> 16 & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
            }
        }
        let marker: [UInt8] = [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)
        return tree + [UInt8](repeating: 0, count: dataGap) + data + marker + metadata
    }

    private var metadata: [UInt8] {
        let short = 5, long = 9
        let entries: [(String, [UInt8])] = [
            ("binary_format_major_version", Self.integer(2, type: short)), ("binary_format_minor_version", Self.integer(0, type: short)),
            ("build_epoch", Self.integer(builtAtSeconds, type: long)), ("database_type", Self.encode(.text(type))),
            ("description", Self.encode(.map([("en", .text(about))]))), ("ip_version", Self.integer(6, type: short)),
            ("languages", Self.encode(.array([.text("en")]))), ("node_count", Self.integer(UInt64(nodes.count), type: 6)),
            ("record_size", Self.integer(24, type: short)),
        ]
        return Self.control(type: 7, size: entries.count) + entries.flatMap { Self.encode(.text($0.0)) + $0.1 }
    }

    private static func encode(_ value: Value) -> [UInt8] {
        switch value {
        case .text(let text): control(type: 2, size: text.utf8.count) + Array(text.utf8)
        case .double(let number): control(type: 3, size: 8) + withUnsafeBytes(of: number.bitPattern.bigEndian) { Array($0) }
        case .float(let number): control(type: 15, size: 4) + withUnsafeBytes(of: number.bitPattern.bigEndian) { Array($0) }
        case .short(let number): integer(UInt64(number), type: 5)
        case .number(let number): integer(UInt64(number), type: 6)
        case .signed(let number): control(type: 8, size: 4) + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        case .long(let number): integer(number, type: 9)
        case .bool(let isTrue): control(type: 14, size: isTrue ? 1 : 0)
        case .map(let entries): control(type: 7, size: entries.count) + entries.flatMap { encode(.text($0.0)) + encode($0.1) }
        case .array(let elements): control(type: 11, size: elements.count) + elements.flatMap(encode)
        }
    }

    private static func integer(_ number: UInt64, type: Int) -> [UInt8] {
        let bytes = Array(withUnsafeBytes(of: number.bigEndian) { Array($0) }.drop { $0 == 0 })
        return control(type: type, size: bytes.count) + bytes
    }

    /// Types above 7 stand in a byte of their own; sizes from 29 on in one to three more, each counted from where the shorter form ends.
    private static func control(type: Int, size: Int) -> [UInt8] {
        let (field, start, count) = switch size {
        case ..<29: (size, 0, 0)
        case ..<285: (29, 29, 1)
        case ..<65_821: (30, 285, 2)
        default: (31, 65_821, 3)
        }
        let rest = size - start
        precondition(count == 0 || rest < 1 << (8 * count), "a value of \(size) bytes or entries has no place in the format")
        let first = UInt8((type > 7 ? 0 : type) << 5 | field)
        let length = (0..<count).reversed().map { UInt8(rest >> (8 * $0) & 0xFF) }
        return [first] + (type > 7 ? [UInt8(type - 7)] : []) + length
    }
}
