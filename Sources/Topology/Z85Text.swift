/// CURVE keys as text: Z85 (ZeroMQ RFC 32) writes four bytes as five of 85 characters.
enum Z85Text {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

    /// Whether `text` stands for 32 bytes.
    static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == 40 else { return false }
        var word: UInt64 = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let digit = digits.firstIndex(of: byte) else { return false }
            word = (index % 5 == 0 ? 0 : word * 85) + UInt64(digit)
            // Five characters can say more than four bytes hold.
            if word > UInt64(UInt32.max) { return false }
        }
        return true
    }
}
