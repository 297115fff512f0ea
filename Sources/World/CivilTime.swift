/// A time in UTC as calendars and clocks show it. Days begin in the proleptic Gregorian calendar.
///
/// The calendar is Howard Hinnant's `civil_from_days` ("chrono-compatible low-level date algorithms").
struct CivilTime {
    let year, month, day, hour, minute, second, millisecond: Int64
    /// 0 for Sunday.
    let weekday: Int64

    init(_ time: WallTime) {
        let milliseconds = time.nanosecondsSince1970.flooredDivision(by: 1_000_000)
        let seconds = milliseconds.flooredDivision(by: 1_000)
        let days = seconds.flooredDivision(by: 86_400)
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let ofDay = seconds - days * 86_400
        (hour, minute, second) = (ofDay / 3_600, ofDay / 60 % 60, ofDay % 60)
        millisecond = milliseconds - seconds * 1_000
        // 1970 began with a Thursday.
        weekday = (days + 4) - 7 * (days + 4).flooredDivision(by: 7)
    }

    /// Days from the first of January 1970 to this one: his `days_from_civil`.
    static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredDivision(by: 400), yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// With zeros before it.
    func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
