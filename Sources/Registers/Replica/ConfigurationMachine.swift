import World

/// The rules of the register in which the mesh's configuration is written down: one follows the other, and each names the epoch
/// that it follows, so that of two that were made from the same one only the first is written.
///
/// What is in a configuration beside its epoch is for others to know. The register is empty until the first reconfiguration,
/// because the first configuration, of epoch 1, is what says who keeps the register.
public struct ConfigurationMachine: RegisterMachine {
    public init() {}

    /// The command to write `document`, the configuration of the epoch after `epoch`.
    public static func command(after epoch: UInt64, _ document: [UInt8]) -> [UInt8] { encoded(epoch + 1) + document }

    /// What a read has shown: the newest configuration; nil when there was none after the first.
    public static func content(_ state: [UInt8]) -> (epoch: UInt64, document: [UInt8])? {
        epoch(of: state).map { ($0, Array(state.dropFirst(8))) }
    }

    /// Answers with the epoch of what was written.
    public func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        let present = Self.epoch(of: view.state) ?? 1
        guard let next = Self.epoch(of: command) else {
            throw MachineRefusal("a configuration begins with its epoch, in eight bytes; this one has \(command.count)")
        }
        guard next == present + 1 else {
            throw MachineRefusal("the configuration is of epoch \(present) by now, so none of epoch \(next) can follow; look again")
        }
        view.state = command
        return Self.encoded(next)
    }

    public func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { view.state }

    private static func encoded(_ epoch: UInt64) -> [UInt8] { withUnsafeBytes(of: epoch.bigEndian) { Array($0) } }

    private static func epoch(of bytes: [UInt8]) -> UInt64? {
        bytes.count < 8 ? nil : bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
