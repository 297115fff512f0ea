import World

/// Durations as people write them: `200ms`, `1s`, `1.5s`, `5m`, `24h`, `30d`.
public enum DurationNotation {
    /// The units, longest name first where one ends with another.
    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ]

    /// The duration that `text` names: a number, at most three digits of fraction, and a unit. Nil for anything else, and
    /// for more than 292 years.
    public static func parse(_ text: String) -> Duration? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        guard let thousandths = thousandths(text.dropLast(unit.suffix.count)) else { return nil }
        let (product, overflow) = thousandths.multipliedReportingOverflow(by: unit.nanoseconds / 1_000)
        return overflow ? nil : .nanoseconds(product)
    }

    /// The shortest text that ``parse(_:)`` reads as this duration, rounded to microseconds; never negative.
    public static func format(_ duration: Duration) -> String {
        let nanoseconds = max(duration.nanoseconds, 0)
        for unit in units.reversed() where nanoseconds % unit.nanoseconds == 0 && nanoseconds > 0 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
        }
        return nanoseconds == 0 ? "0s" : "\(nanoseconds / 1_000)us"
    }

    /// `1.25` as 1,250.
    static func thousandths(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy(isDigit), let units = Int64(whole) else {
            return nil
        }
        var fraction: Int64 = 0
        if parts.count == 2 {
            let digits = parts[1]
            guard (1 ... 3).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit) else { return nil }
            fraction = Int64(digits + String(repeating: "0", count: 3 - digits.utf8.count)) ?? 0
        }
        let (product, overflow) = units.multipliedReportingOverflow(by: 1_000)
        let (sum, overflow2) = product.addingReportingOverflow(fraction)
        return overflow || overflow2 ? nil : sum
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(byte) }
}

/// Numbers of bytes as people write them: `1400`, `64KiB`, `16MiB`, `1GiB`.
public enum ByteCountText {
    public static func parse(_ text: String) -> Int? {
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = text.dropLast(unit?.0.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy(DurationNotation.isDigit), let number = Int(digits) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
        return overflow ? nil : bytes
    }
}

/// Names of meshes, nodes and roles: they become file names, metric labels and parts of ids.
public enum NameText {
    public static let rule =
        "a name has 1 to 63 characters, begins with a small letter or digit, and has only small letters, digits, . _ - in it"

    /// Whether `text` matches `[a-z0-9][a-z0-9._-]{0,62}`.
    public static func isValid(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            DurationNotation.isDigit(byte) || (UInt8(ascii: "a") ... UInt8(ascii: "z")).contains(byte)
        }
        guard (1 ... 63).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }
}
