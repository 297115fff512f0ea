/// Hard limits of durable actors. What exceeds them is refused by name, and nothing of the reaction that asked for it happens.
public enum ChoreographyLimits {
    /// Bytes of an event's encoded value.
    public static let eventBytes = 16 << 10
    /// Bytes of the name of an event, a timer, a kind of work or a part.
    public static let nameBytes = 128
    /// Letters that one reaction sends.
    public static let lettersPerReaction = 256
    /// Actors for which letters of one actor may wait at a time. One more is refused until one of those has its letters. Compensations find
    /// twice the room, here and below.
    public static let receiversWaitedFor = 256
    /// Letters to one actor that may wait at a time.
    public static let lettersPerReceiver = 64
    /// Timers of one actor that are set at a time.
    public static let timers = 64
    /// Orders for workers that one actor may have open at a time.
    public static let openOrders = 65_536
    /// Bytes of what is asked of a worker.
    public static let orderBytes = 32 << 10
    /// Bytes of what a worker answers, when it is kept in the register. With all that goes with it, it fits into a command and into a row.
    public static let resultBytes = 60 << 10
    /// Bytes of a sentence that says why something was given up.
    public static let reasonBytes = 4 << 10
    /// How long the mutation `dedupe-by-time` remembers what was received.
    static let mutatedWindow: Duration = .seconds(5)
}
