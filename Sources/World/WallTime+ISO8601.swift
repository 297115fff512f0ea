extension WallTime {
    /// The time in UTC to the millisecond, as RFC 3339 writes it: `2025-11-21T06:30:00.123Z`.
    ///
    /// The calendar is Howard Hinnant's `civil_from_days` ("chrono-compatible low-level date algorithms").
    public var iso8601: String {
        let milliseconds = nanosecondsSince1970.flooredDivision(by: 1_000_000)
        let seconds = milliseconds.flooredDivision(by: 1_000)
        let days = seconds.flooredDivision(by: 86_400)
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let ofDay = seconds - days * 86_400
        return year.padded(4) + "-" + month.padded(2) + "-" + day.padded(2) + "T"
            + (ofDay / 3_600).padded(2) + ":" + (ofDay / 60 % 60).padded(2) + ":" + (ofDay % 60).padded(2)
            + "." + (milliseconds - seconds * 1_000).padded(3) + "Z"
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
