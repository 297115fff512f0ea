import World

extension WallTime {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Reads a date as HTTP writes it, in any of the three forms that whoever reads must know (RFC 9110, 5.6.7): `Fri, 21 Nov 2025 06:30:00
    /// GMT`, `Friday, 21-Nov-25 06:30:00 GMT`, `Fri Nov 21 06:30:00 2025`. A year of two digits is one from 1970 to 2069.
    package init?(httpDate text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let parts = text.asciiLowercased.split { " ,-".contains($0) }
        let date: (day: Substring, month: Substring, year: Substring, time: Substring)
        switch parts.count {
        case 6 where parts[5] == "gmt": date = (parts[1], parts[2], parts[3], parts[4])
        case 5: date = (parts[2], parts[1], parts[4], parts[3])
        default: return nil
        }
        let clock = date.time.split(separator: ":", omittingEmptySubsequences: false).map { Self.number($0, 0...60, digits: 2...2) }
        guard let day = Self.number(date.day, 1...31, digits: 1...2), let month = Self.months.firstIndex(of: String(date.month)),
            let written = Self.number(date.year, 0...9_999, digits: 2...4), clock.count == 3, let hour = clock[0], hour < 24,
            let minute = clock[1], minute < 60, let second = clock[2]
        else { return nil }
        let year = date.year.utf8.count == 2 ? written + (written < 70 ? 2_000 : 1_900) : written
        let seconds = Self.days(year, Int64(month) + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(millisecondsSince1970: seconds * 1_000)
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy(DomainName.isDigit), let number = Int64(text), range.contains(number)
        else { return nil }
        return number
    }

    /// From the first of January 1970: Howard Hinnant's `days_from_civil`.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
