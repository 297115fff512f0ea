import Registers
import World

/// Values under names, kept by the registers of the mesh: what `gossamer kv` reaches.
public struct KeyValue: Sendable {
    /// Bytes of a name.
    public static let nameBytes = 256
    /// Bytes of a value.
    public static let valueBytes = 32 << 10

    private let engine: any RegisterEngine

    public init(engine: any RegisterEngine) { self.engine = engine }

    /// Sets a value; returns when a majority of the key's replicas has it on disk.
    /// - Parameter operation: the same id again is the same write.
    public nonisolated(nonsending) func put(
        _ name: String, _ value: [UInt8], operation: WorkID, patience: Duration
    ) async throws(RegisterError) {
        guard value.count <= Self.valueBytes else {
            throw RegisterError(.tooLarge, .failed, "a value has at most \(Self.valueBytes) bytes, not \(value.count)")
        }
        _ = try await engine.change(try Self.key(name), operation: operation, command: value, patience: patience)
    }

    /// The value that was put last; nil when none ever was.
    public nonisolated(nonsending) func get(_ name: String, patience: Duration) async throws(RegisterError) -> [UInt8]? {
        let state = try await engine.read(try Self.key(name), query: [], patience: patience)
        return state.first == nil ? nil : Array(state.dropFirst())
    }

    /// The register behind a name.
    public static func key(_ name: String) throws(RegisterError) -> RegisterKey {
        guard !name.isEmpty, name.utf8.count <= nameBytes, let key = RegisterKey("\(KeyValueMachine.kind)/\(name)") else {
            throw RegisterError(.tooLarge, .failed, "a name has 1 to \(nameBytes) bytes, not \(name.utf8.count)")
        }
        return key
    }
}
