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

/// Finds the machine of a register by the part of its name before the first slash.
package struct MachineBook: RegisterMachine {
    let machines: [String: any RegisterMachine]

    package init(machines: [String: any RegisterMachine]) { self.machines = machines }

    package func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        try machine(view.key).change(command, &view)
    }

    package func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { try machine(view.key).late(command, view) }

    package func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { try machine(view.key).read(query, view) }

    /// What this program does not know it can say nothing of.
    package func isListed(_ key: RegisterKey) -> Bool { machines[kind(of: key)]?.isListed(key) ?? false }

    private func machine(_ key: RegisterKey) throws(MachineRefusal) -> any RegisterMachine {
        let kind = kind(of: key)
        guard let machine = machines[kind] else {
            throw MachineRefusal("this node's program does not know registers of the kind \"\(kind)\"; update it")
        }
        return machine
    }

    private func kind(of key: RegisterKey) -> String { String(decoding: key.bytes.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self) }
}
