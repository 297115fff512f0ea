import Registers

/// A value under a name: the smallest work that registers can do. The value is a row, for a state has no room for the largest; the state
/// is how often it was put.
package struct KeyValueMachine: RegisterMachine {
    package static let kind = "kv"

    private static let valueRow: [UInt8] = []

    package init() {}

    /// How a state began that was the value itself, behind this byte. A revision never begins with it.
    private static let whole: UInt8 = 1

    /// Sets the value; the answer is its revision, 8 bytes, the most significant first.
    package func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        view.state = Self.bytes(Self.revision(view) + 1)
        view[row: Self.valueRow] = command
        return view.state
    }

    /// Empty for a name that was never written, else the revision and the value.
    package func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        if view.state.first == Self.whole { return Self.bytes(1) + view.state.dropFirst() }
        return view.state.isEmpty ? [] : view.state + (view[row: Self.valueRow] ?? [])
    }

    /// Values are no work.
    package func isListed(_ key: RegisterKey) -> Bool { false }

    private static func revision(_ view: RegisterView) -> UInt64 {
        view.state.first == whole ? 1 : view.state.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ revision: UInt64) -> [UInt8] { withUnsafeBytes(of: revision.bigEndian) { Array($0) } }
}
