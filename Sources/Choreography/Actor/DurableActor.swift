import World

/// Something that happens to a durable actor.
public protocol DurableEvent: Codable, Sendable {
    /// By which senders and receivers know it, at most ``ChoreographyLimits/nameBytes``. Never given another meaning.
    static var name: String { get }
    /// Tells several effects of one piece of work on the same actor apart, such as two lines of an order that take from the same stock.
    var effect: String { get }
}

extension DurableEvent {
    public var effect: String { "" }
}

/// The rules of one kind of durable actor.
///
/// An actor is a register. It holds a state, rows beside it, what it has received, what it has yet to send, its timers and its part of the
/// causal graph; an event changes all of that as one, or nothing. So whatever dies, the actor has either reacted or not, and what
/// it has to send after a reaction cannot be lost.
///
/// A reaction is a pure function of the state, the rows it asks for, the event and the time that it is given. It is run by the actor's home,
/// maybe several times for one event (a proposal may fail), and what it does counts once.
public protocol DurableActor: Sendable {
    associatedtype State: Codable & Sendable

    /// A short word, the first part of the names of its actors.
    static var kind: String { get }
    /// The state before the first event.
    static var blank: State { get }
    /// What it reacts to, and how.
    static var rules: [Rule<Self>] { get }
    /// How an actor of that state stands, in a word for people, such as `Shipped`. Empty, unless a kind says otherwise.
    static func word(for state: State) -> String
    /// The state in the form of a schema, as MessagePack. The same in all, unless a kind says otherwise; one whose state has changed its form
    /// writes the older one for the older schema.
    static func encode(_ state: State, schema: UInt32) throws -> [UInt8]
    /// A state in the form of a schema; see ``encode(_:schema:)``.
    static func decode(_ bytes: [UInt8], schema: UInt32) throws -> State
}

extension DurableActor {
    public static func word(for state: State) -> String { "" }
}
