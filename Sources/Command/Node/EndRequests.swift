import World

/// What may ask a node to end: a signal, the end of its parent, its own admin port, the mesh itself.
final class EndRequests: Sendable {
    enum Request: Hashable, Sendable, CustomStringConvertible {
        case leave(reason: String)
        /// Finish the work there is, then leave.
        case drain
        /// Begin a life above this one.
        case renew(above: UInt64)

        var description: String {
            switch self {
            case .leave(let reason): reason
            case .drain: "it is drained"
            case .renew: "the mesh holds its life for over"
            }
        }
    }

    private let interrupts: Interrupts
    private let requests: AsyncStream<Request>
    private let continuation: AsyncStream<Request>.Continuation

    /// - Parameter endWithParent: the end of standard input asks for the end too.
    init(_ world: any World, endWithParent: Bool) {
        let (requests, continuation) = AsyncStream<Request>.makeStream(bufferingPolicy: .bufferingOldest(8))
        self.requests = requests
        self.continuation = continuation
        interrupts = Interrupts(world) { continuation.yield(.leave(reason: "a signal asks for it")) }
        guard endWithParent else { return }
        Terminal.input.whenEnded { continuation.yield(.leave(reason: "the process that started it has ended")) }
    }

    func request(_ request: Request) { continuation.yield(request) }

    /// Returns the next request, once somebody makes one. One reader at a time.
    func next() async -> Request {
        for await request in requests { return request }
        return .leave(reason: "the process ends")
    }

    /// Returns when somebody has lost patience with the orderly end.
    func impatience(_ world: any World) async {
        while interrupts.count < 2 { do { try await world.sleep(for: .milliseconds(50)) } catch { return } }
    }
}
