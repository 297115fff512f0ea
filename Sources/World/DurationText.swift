
/// Durations as people read them, with two or three digits that matter.
package enum DurationText {
    /// `412 us`, `87 ms`, `4.2 s`, `3 min 04 s`, `2 h 05 min`, `3 d 04 h`. A negative duration counts as none.
    package static func short(_ duration: Duration) -> String {
        let nanoseconds = max(0, duration.nanoseconds)
        switch nanoseconds {
        case ..<1_000: return "\(nanoseconds) ns"
        case ..<10_000: return decimal(nanoseconds, unit: 1_000) + " us"
        case ..<1_000_000: return "\(nanoseconds / 1_000) us"
        case ..<10_000_000: return decimal(nanoseconds, unit: 1_000_000) + " ms"
        case ..<1_000_000_000: return "\(nanoseconds / 1_000_000) ms"
        case ..<60_000_000_000: return decimal(nanoseconds, unit: 1_000_000_000) + " s"
        default: return long(nanoseconds / 1_000_000_000)
        }
    }

    /// Whole tenths, cut and not rounded, so that 9.99 ms is never shown as 10.0.
    private static func decimal(_ nanoseconds: Int64, unit: Int64) -> String {
        "\(nanoseconds / unit).\(nanoseconds % unit / (unit / 10))"
    }

    private static func long(_ seconds: Int64) -> String {
        func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
            "\(large) \(largeUnit) \(small < 10 ? "0" : "")\(small) \(smallUnit)"
        }
        switch seconds {
        case ..<3_600: return pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: return pair(seconds / 3_600, "h", seconds / 60 % 60, "min")
        default: return pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h")
        }
    }
}
