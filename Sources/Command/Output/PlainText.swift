/// Text of others, as a terminal or a log may show it: it moves no cursor, sets no colour, makes no lines of its own, and does not
/// turn the direction of what stands beside it.
enum PlainText {
    /// Control characters (C0, DEL, C1), line and paragraph separators, and the marks of the Unicode Bidirectional Algorithm
    /// (UAX #9, section 2).
    static func isUnruly(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7F...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// The text with a question mark for every character that is unruly, but for line ends where lines are meant.
    static func shown(_ text: String, keepsLines: Bool) -> String {
        guard text.unicodeScalars.contains(where: { isUnruly($0) && !(keepsLines && $0 == "\n") }) else { return text }
        return String(text.map { character in
            if keepsLines && character == "\n" { return character }
            return character.unicodeScalars.contains(where: isUnruly) ? "?" : character
        })
    }
}
