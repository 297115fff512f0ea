import Registers

/// A set of ids, each with how often it was added. Nothing that happens to it can hide: an id that is missing was lost, and one
/// that is there twice was carried out twice.
public struct TallyMachine: RegisterMachine {
    public init() {}

    /// Adds the id that the command is. The state counts the additions.
    public func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        guard !command.isEmpty else { throw MachineRefusal("an id has at least one byte") }
        let times = (view[row: command]?.first ?? 0) &+ 1
        view[row: command] = [times]
        let count = view.state.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } + 1
        view.state = (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(56 - 8 * $0)) }
        return view.state
    }

    /// All ids, each with its length before it and its number behind it.
    public func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        view.rows(limit: .max).reduce(into: []) { answer, row in
            answer += [UInt8(truncatingIfNeeded: row.key.count)] + row.key + row.value.prefix(1)
        }
    }

    /// What a read has answered: how often each id was added.
    public static func tally(_ answer: [UInt8]) -> [[UInt8]: Int] {
        var tally: [[UInt8]: Int] = [:], rest = answer[...]
        while let length = rest.popFirst(), rest.count > length {
            let id = Array(rest.prefix(Int(length)))
            rest.removeFirst(Int(length))
            tally[id] = Int(rest.removeFirst())
        }
        return tally
    }
}
