extension WallTime {
    /// The time in UTC to the millisecond, as RFC 3339 writes it: `2025-11-21T06:30:00.123Z`.
    public var iso8601: String {
        let time = CivilTime(self)
        return time.year.padded(4) + "-" + time.month.padded(2) + "-" + time.day.padded(2) + "T"
            + time.hour.padded(2) + ":" + time.minute.padded(2) + ":" + time.second.padded(2)
            + "." + time.millisecond.padded(3) + "Z"
    }
}
