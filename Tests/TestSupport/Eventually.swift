import World

/// Polls a condition, for half a minute at most: a bound against hanging, not a claim about speed.
/// - Throws: ``Timeout`` when it has not held by then.
public func eventually(_ what: String, _ condition: () async -> Bool) async throws {
    let world = SystemWorld()
    let end = world.now + .seconds(30)
    while world.now < end {
        if await condition() { return }
        try await world.sleep(for: .milliseconds(10))
    }
    throw Timeout(what: what)
}

/// Something that a test has waited for long enough.
public struct Timeout: Error, CustomStringConvertible {
    private let what: String
    public var description: String { "did not happen: \(what)" }

    public init(what: String) { self.what = what }
}
