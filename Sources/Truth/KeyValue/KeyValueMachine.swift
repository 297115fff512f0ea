import Registers

/// A value under a name: the smallest work that registers can do. For tests, and for trying things out.
struct KeyValueMachine: RegisterMachine {
    static let kind = "kv"

    /// Sets the value; the answer is the one before, in the form of a read.
    func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        view.state = [1] + command
        return []
    }

    /// Empty for a name that was never written, else a 1 and the value.
    func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { view.state }
}

/// Finds the machine of a register by the part of its name before the first slash.
struct MachineBook: RegisterMachine {
    let machines: [String: any RegisterMachine]

    func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        try machine(view.key).change(command, &view)
    }

    func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { try machine(view.key).read(query, view) }

    private func machine(_ key: RegisterKey) throws(MachineRefusal) -> any RegisterMachine {
        let kind = String(decoding: key.bytes.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
        guard let machine = machines[kind] else {
            throw MachineRefusal("this node's program does not know registers of the kind \"\(kind)\"; update it")
        }
        return machine
    }
}
