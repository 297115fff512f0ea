/// A worker has answered what an actor has ordered.
public struct WorkAnswer: DurableEvent {
    public static let name = "answer"
    /// The part that was ordered.
    public let part: String
    public let payload: [UInt8]
    /// The node that did it.
    public let node: String

    public init(part: String, payload: [UInt8], node: String) {
        self.part = part
        self.payload = payload
        self.node = node
    }
}
