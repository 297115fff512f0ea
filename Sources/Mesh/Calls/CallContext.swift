import World

/// What a call passes on to the calls that are made while it runs.
struct CallContext: Sendable {
    /// When the caller stops waiting. A nested call's deadline is never later.
    var deadline: Instant?
    /// Calls send and do not wait for an answer.
    var isOneWay = false

    @TaskLocal static var current = CallContext()
}
