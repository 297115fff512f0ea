import Distributed
import MessagePack

/// Gives the callee's runtime the arguments of a call, one after the other.
public struct MeshInvocationDecoder: DistributedTargetInvocationDecoder {
    public typealias SerializationRequirement = any Codable

    private let decoder: MessagePackDecoder
    private var reader: MessagePackReader
    /// What the function takes, noted when its signature is not known yet.
    private var types: [any Any.Type] = []
    private let notesTypes: Bool
    /// Why the arguments are not those of the function, which then was not started.
    private(set) var failure: MeshError?

    /// - Parameter count: how many arguments the function takes.
    /// - Throws: ``MeshError`` when the call has others.
    init(decoder: MessagePackDecoder, arguments: [UInt8], takes count: Int, notesTypes: Bool) throws {
        self.notesTypes = notesTypes
        self.decoder = decoder
        reader = MessagePackReader(arguments)
        let found: Int
        do {
            found = try reader.readArrayHeader(max: 255)
        } catch {
            throw MeshError(.incompatible, outcome: .failed, "the arguments are no array of at most 255 elements: \(error)")
        }
        guard found == count else {
            throw MeshError(.incompatible, outcome: .failed, "the call has \(found) arguments, the function takes \(count)")
        }
    }

    public mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { [] }

    public mutating func decodeNextArgument<Argument: Codable>() throws -> Argument {
        if notesTypes { types.append(Argument.self) }
        do {
            return try decoder.decode(Argument.self, from: &reader)
        } catch {
            let failure = MeshError(
                .incompatible, outcome: .failed, "an argument is no \(Argument.self), which the function needs: \(error)")
            self.failure = failure
            throw failure
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
