import Distributed
import MessagePack

/// Collects a call's arguments, each packed as it is recorded, because the runtime's argument boxes are not Sendable.
public struct MeshInvocationEncoder: DistributedTargetInvocationEncoder {
    public typealias SerializationRequirement = any Codable

    private let encoder: MessagePackEncoder
    private var writer = MessagePackWriter(capacity: 64)
    private var count = 0

    init(encoder: MessagePackEncoder) { self.encoder = encoder }

    /// The arguments as one MessagePack array.
    var arguments: [UInt8] {
        var whole = MessagePackWriter(capacity: writer.count + 5)
        whole.packArrayHeader(count)
        writer.withUnsafeBytes { whole.append($0) }
        return whole.finish()
    }

    /// - Throws: always. The runtime cannot find a generic function's types again on the other side.
    public mutating func recordGenericSubstitution<T>(_ type: T.Type) throws {
        throw MeshError(
            .incompatible, outcome: .failed,
            "generic distributed functions cannot be called on another node; declare one with concrete types")
    }

    public mutating func recordArgument<Value: Codable>(_ argument: RemoteCallArgument<Value>) throws {
        do {
            try encoder.encode(argument.value, into: &writer)
        } catch {
            throw MeshError(
                .incompatible, outcome: .failed, "the argument \(argument.effectiveLabel) cannot be encoded: \(error)")
        }
        count += 1
    }

    public mutating func recordReturnType<Value: Codable>(_ type: Value.Type) throws {}
    public mutating func recordErrorType<E: Error>(_ type: E.Type) throws {}
    public mutating func doneRecording() throws {}
}
