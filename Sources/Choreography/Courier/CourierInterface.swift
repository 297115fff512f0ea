import Registers
import World

/// What happens to a courier.
package enum CourierInput: Sendable {
    /// Somebody has to look after the actor, and it is this node's turn.
    case attend(ActorName)
    /// What the actor has yet to do, as its register says.
    case duties(ActorName, Result<ActorDuties, RegisterError>)
    /// A letter has arrived, or not.
    case delivered(from: ActorName, to: ActorName, sequence: UInt64, Result<DeliveryAnswer, RegisterError>)
    /// A command has been carried out by the actor's register, or not.
    case written(ActorName, ActorCommand, RegisterError?)
    /// A worker has done a part, or could not.
    case performed(ActorName, part: String, Result<WorkReport, WorkTrouble>)
    /// ``Courier/nextDeadline`` has come.
    case tick
}

/// What its shell has to do, in this order. Everything is answered, whatever becomes of it.
package enum CourierEffect: Hashable, Sendable {
    /// Read the actor's duties, orders behind this part; then say `duties`.
    case read(ActorName, after: String)
    /// Give the receiver's register a letter; then say `delivered`.
    case deliver(from: ActorName, to: ActorName, Letter, received: UInt64, attempt: UInt32)
    /// Give the actor's register a command; then say `written`.
    case write(ActorName, ActorCommand)
    /// Have a worker do a part, the first one or another; then say `performed`.
    case perform(ActorName, part: String, work: String, payload: [UInt8], attempt: UInt32)
}

/// What a worker has made of a part.
package struct WorkReport: Hashable, Sendable {
    package let payload: [UInt8]
    package let node: String

    package init(payload: [UInt8], node: String) { (self.payload, self.node) = (payload, node) }
}

/// Why a part was not done. It is tried again.
package struct WorkTrouble: Error, Hashable, Sendable {
    package let sentence: String
    package init(_ sentence: String) { self.sentence = sentence }
}

/// Figures of a courier.
package struct CourierConfiguration: Hashable, Sendable {
    /// The least pause before something is tried again; doubled by every further time, with full jitter, up to `longestPause`.
    package var firstPause: Duration = .milliseconds(50)
    package var longestPause: Duration = .seconds(10)
    /// How long the news that a letter has arrived waits for an answer that brings it along.
    package var settlePause: Duration = .milliseconds(20)
    /// Letters, commands and parts that are under way at a time.
    package var flights = 1_024
    /// Parts of one actor that are under way at a time.
    package var partsOfOne = 64

    package init() {}
}
