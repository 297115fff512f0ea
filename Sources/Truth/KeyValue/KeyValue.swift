import Registers
import World

/// Values under names, kept by the registers of the mesh: what `gossamer kv` reaches.
public struct KeyValue: Sendable {
    /// Bytes of a name.
    public static let nameBytes = 256
    /// Bytes of a value.
    public static let valueBytes = 64 << 10

    private let engine: any RegisterEngine

    public init(engine: any RegisterEngine) { self.engine = engine }

    /// A value as it was put.
    public struct Entry: Hashable, Sendable {
        public let bytes: [UInt8]
        /// How often something was put under the name, this time included.
        public let revision: UInt64
    }

    /// Sets a value; returns its revision when a majority of the key's replicas has it on disk.
    /// - Parameter operation: the same id again is the same write.
    @discardableResult
    public nonisolated(nonsending) func put(
        _ name: String, _ value: [UInt8], operation: WorkID, patience: Duration
    ) async throws(RegisterError) -> UInt64 {
        guard value.count <= Self.valueBytes else {
            throw RegisterError(.tooLarge, .failed, "a value has at most \(Self.valueBytes) bytes, not \(value.count)")
        }
        let answer = try await engine.change(try Self.key(name), operation: operation, command: value, patience: patience)
        return Self.revision(answer[...])
    }

    /// The value that was put last; nil when none ever was.
    public nonisolated(nonsending) func get(_ name: String, patience: Duration) async throws(RegisterError) -> Entry? {
        let answer = try await engine.read(try Self.key(name), query: [], patience: patience)
        return answer.isEmpty ? nil : Entry(bytes: Array(answer.dropFirst(8)), revision: Self.revision(answer.prefix(8)))
    }

    private static func revision(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// The register behind a name.
    public static func key(_ name: String) throws(RegisterError) -> RegisterKey {
        guard !name.isEmpty, name.utf8.count <= nameBytes, let key = RegisterKey("\(KeyValueMachine.kind)/\(name)") else {
            throw RegisterError(.tooLarge, .failed, "a name has 1 to \(nameBytes) bytes, not \(name.utf8.count)")
        }
        return key
    }
}
