import Registers

/// A value under a name: the smallest work that registers can do. For tests, and for trying things out.
package struct KeyValueMachine: RegisterMachine {
    package static let kind = "kv"

    package init() {}

    /// Sets the value; the answer is empty.
    package func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        view.state = [1] + command
        return []
    }

    /// Empty for a name that was never written, else a 1 and the value.
    package func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { view.state }

    package func isListed(_ key: RegisterKey) -> Bool { false }
}
