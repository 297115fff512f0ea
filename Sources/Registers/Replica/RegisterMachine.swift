/// The rules of a kind of register: pure functions of its state, the rows they ask for, and a command.
///
/// The home of a register runs them; what they change is replicated, so they run once for each proposal and may depend on nothing
/// else than what the view tells: no clock of their own, no randomness, no order of a set.
public protocol RegisterMachine: Sendable {
    /// Carries out a command and gives its answer, at most ``RegisterLimits/answerBytes``. Throwing leaves the register as it was.
    func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8]

    /// The answer to a command that comes when the register has ended, which changes nothing any more. Throws unless the machine knows better.
    func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8]

    /// Answers a query.
    func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8]

    /// The hour of the work with which a row that is of work in other registers goes from one that lives on, when that has passed everywhere;
    /// nil for a row that stays. Within a kind of rows the oldest hour comes first.
    func hour(of row: StoredRow, in key: RegisterKey) -> CreationHour?

    /// Whether registers of the key's kind are shown to who lists all kinds: those that do something are, those that only hold something
    /// for people are not.
    func isListed(_ key: RegisterKey) -> Bool
}

extension RegisterMachine {
    public func hour(of row: StoredRow, in key: RegisterKey) -> CreationHour? { nil }

    public func isListed(_ key: RegisterKey) -> Bool { true }

    public func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        throw MachineRefusal("\(view.key) has ended, and nothing of it changes any more")
    }
}

/// A machine's no.
public struct MachineRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the value and the remedy.
    public let sentence: String
    /// Whether it would be the same another time. What is refused only for now is tried again by whoever can.
    public let isLasting: Bool

    public init(_ sentence: String, isLasting: Bool = true) {
        self.sentence = sentence
        self.isLasting = isLasting
    }

    /// What whoever has wished it is told.
    var error: RegisterError {
        isLasting ? RegisterError(.refused, .failed, sentence) : RegisterError(.notNow, .failed, sentence, retryAfter: .seconds(1))
    }
    public var description: String { sentence }
}
