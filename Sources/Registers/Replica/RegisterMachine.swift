/// The rules of a kind of register: pure functions of its state, the rows they ask for, and a command.
///
/// The home of a register runs them; what they change is replicated, so they run once for each proposal and may depend on nothing
/// else: no clock, no randomness, no order of a set.
public protocol RegisterMachine: Sendable {
    /// Carries out a command and gives its answer, at most ``RegisterLimits/answerBytes``. Throwing leaves the register as it was.
    func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8]

    /// Answers a query.
    func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8]
}

/// A machine's no.
public struct MachineRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the value and the remedy.
    public let sentence: String
    public init(_ sentence: String) { self.sentence = sentence }
    public var description: String { sentence }
}
