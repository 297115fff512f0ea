/// What the core counts.
struct CoreCounters {
    var callsSent: UInt64 = 0
    var callsFailed: UInt64 = 0
    var callsExpired: UInt64 = 0
    var lateAnswers: UInt64 = 0
    var callsReceived: UInt64 = 0
    var callsRefused: UInt64 = 0
    var malformedFrames: UInt64 = 0
    var unknownFrames: UInt64 = 0
}
