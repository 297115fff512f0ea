extension WallTime {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The time as HTTP writes it (RFC 9110, 5.6.7, IMF-fixdate), to the second that has begun: `Fri, 21 Nov 2025 06:30:00 GMT`.
    public var httpDate: String {
        let time = CivilTime(self)
        return "\(Self.weekdays[Int(time.weekday)]), \(time.day.padded(2)) \(Self.months[Int(time.month) - 1]) \(time.year.padded(4)) "
            + "\(time.hour.padded(2)):\(time.minute.padded(2)):\(time.second.padded(2)) GMT"
    }
}
