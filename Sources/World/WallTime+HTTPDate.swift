extension WallTime {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The time as HTTP writes it (RFC 9110, 5.6.7, IMF-fixdate), to the second that has begun: `Fri, 21 Nov 2025 06:30:00 GMT`.
    public var httpDate: String {
        let time = CivilTime(self)
        return "\(Self.weekdays[Int(time.weekday)]), \(time.day.padded(2)) \(Self.months[Int(time.month) - 1]) \(time.year.padded(4)) "
            + "\(time.hour.padded(2)):\(time.minute.padded(2)):\(time.second.padded(2)) GMT"
    }

    /// Reads a date as HTTP writes it, in any of the three forms that whoever reads must know (RFC 9110, 5.6.7): `Fri, 21 Nov 2025 06:30:00
    /// GMT`, `Friday, 21-Nov-25 06:30:00 GMT`, `Fri Nov 21 06:30:00 2025`. A year of two digits is one from 1970 to 2069.
    package init?(httpDate text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let parts = text.lowercased().split { " ,-".contains($0) }
        let date: (day: Substring, month: Substring, year: Substring, time: Substring)
        switch parts.count {
        case 6 where parts[5] == "gmt": date = (parts[1], parts[2], parts[3], parts[4])
        case 5: date = (parts[2], parts[1], parts[4], parts[3])
        default: return nil
        }
        let clock = date.time.split(separator: ":", omittingEmptySubsequences: false).map { Self.number($0, 0...60, digits: 2...2) }
        guard let day = Self.number(date.day, 1...31, digits: 1...2), let month = Self.months.firstIndex(where: { $0.lowercased() == date.month }),
            let written = Self.number(date.year, 0...9_999, digits: 2...4), clock.count == 3, let hour = clock[0], hour < 24,
            let minute = clock[1], minute < 60, let second = clock[2]
        else { return nil }
        let year = date.year.utf8.count == 2 ? written + (written < 70 ? 2_000 : 1_900) : written
        let seconds = CivilTime.days(year, Int64(month) + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(millisecondsSince1970: seconds * 1_000)
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let number = Int64(text), range.contains(number)
        else { return nil }
        return number
    }
}
