/// The identity of a database: 128 random bits made together with it.
///
/// A wiped disk is a new store id, even under the old node's name: it has forgotten what it promised, and a majority
/// that counted it as the old one could lose an acknowledged write. So replica sets name store ids, never nodes.
public struct StoreID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of a store that has no database yet, derived from the names of its mesh and node, so that all nodes of a
    /// mesh draw the same map from the same topology file. For state that need not outlive its process.
    public init(volatileStoreOf node: String, mesh: String) {
        high = StableHash.hash("\(mesh)/\(node)#high".utf8)
        low = StableHash.hash("\(mesh)/\(node)#low".utf8)
    }

    /// Reads 32 hexadecimal digits. Nil when the text is anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// 16 bytes, the most significant first: their order is that of the ids.
    public var bytes: [UInt8] { [high, low].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } } }

    /// Reads the 16 bytes that ``bytes`` gives. Nil for another number of bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        (high, low) = bytes.reduce(into: (UInt64(0), UInt64(0))) { words, byte in
            words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte))
        }
    }

    /// 128 new bits.
    public init(from random: inout RandomStream) { self.init(high: random.next(), low: random.next()) }

    public static func < (a: StoreID, b: StoreID) -> Bool {
        a.high != b.high ? a.high < b.high : a.low < b.low
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
