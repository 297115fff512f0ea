import Registers
import World

/// What happens to a courier.
package enum CourierInput: Sendable {
    /// Somebody has to look after the actor, and it is this node's turn.
    case attend(ActorName)
    /// Nobody has to look after the actor any more, as it seems.
    case rests(ActorName)
    /// What the actor has yet to do, as its register says.
    case duties(ActorName, Result<ActorDuties, RegisterError>)
    /// A letter has arrived, or not.
    case delivered(from: ActorName, to: ActorName, sequence: UInt64, Result<DeliveryAnswer, RegisterError>)
    /// A command has been carried out by the actor's register, or not.
    case written(ActorName, ActorCommand, RegisterError?)
    /// A part has come to its end.
    case performed(ActorName, part: String, WorkReport)
    /// Nobody is expected to answer the part any more.
    case silent(ActorName, part: String, cause: String)
    /// ``Courier/nextDeadline`` has come.
    case tick
}

/// What its shell has to do, in this order. Everything but `callOff` is answered, whatever becomes of it.
package enum CourierEffect: Hashable, Sendable {
    /// Read the actor's duties, orders behind this part; then say `duties`.
    case read(ActorName, after: String)
    /// Give the receiver's register a letter; then say `delivered`.
    case deliver(from: ActorName, to: ActorName, Letter, received: UInt64, attempt: UInt32)
    /// Give the actor's register a command; then say `written`.
    case write(ActorName, ActorCommand)
    /// Have workers do a part; then say `performed`, or `silent` and maybe `performed` later. Of one that is being done, begin anew.
    case perform(ActorName, work: String, Scatter.Part)
    /// Nobody waits for the part any longer.
    case callOff(ActorName, work: String, part: String)
}

/// Figures of a courier.
package struct CourierConfiguration: Hashable, Sendable {
    /// Before something is tried again.
    package var pauses = FullJitter(first: .milliseconds(50), longest: .seconds(10))
    /// How long the news that a letter has arrived waits for an answer that brings it along.
    package var settlePause: Duration = .milliseconds(20)
    /// Letters and commands that are under way at a time.
    package var flights = 1_024
    /// Parts that are with workers at a time. These are no flights: they take as long as they take, and letters must not wait for them.
    package var parts = 65_536
    /// Those of one actor.
    package var partsOfOne = 512

    package init() {}
}
