/// Finds the machine of a register by the part of its name before the first slash.
package struct MachineBook: RegisterMachine {
    let machines: [String: any RegisterMachine]

    package init(machines: [String: any RegisterMachine]) { self.machines = machines }

    package func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        try machine(view.key).change(command, &view)
    }

    package func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        try machine(view.key).late(command, view)
    }

    package func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { try machine(view.key).read(query, view) }

    package func hour(of row: StoredRow, in key: RegisterKey) -> CreationHour? { machines[kind(of: key)]?.hour(of: row, in: key) }

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
