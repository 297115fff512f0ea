/// Numbers for people and for columns.
package enum NumberText {
    /// `digits` places behind the point, rounded half away from zero.
    package static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let whole = Int64(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let text = String(whole)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    /// `1,234,567`.
    package static func grouped(_ value: UInt64) -> String {
        var result = ""
        for (place, digit) in String(value).reversed().enumerated() {
            if place > 0 && place % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return String(result.reversed())
    }

    /// `46.8 %` of a whole; `-` when the whole is nothing.
    package static func share(_ part: Double, of whole: Double) -> String {
        whole > 0 ? fixed(part / whole * 100, digits: 1) + " %" : "-"
    }
}
