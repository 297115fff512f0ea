import Distributed
import MessagePack

/// Gives the callee's runtime the arguments of a call, one after the other.
public struct MeshInvocationDecoder: DistributedTargetInvocationDecoder {
    public typealias SerializationRequirement = any Codable

    private let decoder: MessagePackDecoder
    private var reader: MessagePackReader
    private var remaining: Int
    /// What the function takes, noted when its signature is not known yet.
    private var types: [any Any.Type] = []
    private let notesTypes: Bool

    init(decoder: MessagePackDecoder, arguments: [UInt8], notesTypes: Bool) throws {
        self.notesTypes = notesTypes
        self.decoder = decoder
        reader = MessagePackReader(arguments)
        remaining = try reader.readArrayHeader(max: 255)
    }

    public mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { [] }

    public mutating func decodeNextArgument<Argument: Codable>() throws -> Argument {
        guard remaining > 0 else {
            throw MeshError(.incompatible, outcome: .failed, "the call has fewer arguments than the function")
        }
        remaining -= 1
        if notesTypes { types.append(Argument.self) }
        do {
            return try decoder.decode(Argument.self, from: &reader)
        } catch {
            throw MeshError(
                .incompatible, outcome: .failed, "an argument is no \(Argument.self), which the function needs: \(error)")
        }
    }

    /// What the function takes, once all its arguments have been decoded.
    func signature(of target: String, returning result: AnswerHandler.ResultType) -> TargetSignature {
        switch result {
        case .nothing: TargetSignature(name: Array(target.utf8), arguments: types, result: nil)
        case .value(let type): TargetSignature(name: Array(target.utf8), arguments: types, result: type)
        }
    }

    public mutating func decodeErrorType() throws -> (any Any.Type)? { nil }
    public mutating func decodeReturnType() throws -> (any Any.Type)? { nil }
}
