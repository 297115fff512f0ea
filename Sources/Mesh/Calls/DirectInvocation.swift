import Distributed
import MessagePack
import Synchronization

// The public way into a distributed function is `executeDistributedTarget`. On every call it finds out again, by demangling the
// function's name three times, what the function takes and returns: about two microseconds, a third of what a call costs at
// its callee. The types of a function do not change while a program runs. So the first call of a function goes the public
// way, in which the runtime tells the decoder and the handler the types; later calls go straight to the runtime's own
// entry, `swift_distributed_execute_target`, to which the public way leads as well.
//
// The entry checks as little as the public way does: what makes both safe is that the function was looked up by the type of
// the actor (see MeshActorSystem).

/// What a distributed function takes and returns.
struct TargetSignature: Sendable {
    /// The function's mangled name.
    var name: [UInt8]
    var arguments: [any Any.Type]
    /// Nil when it returns nothing.
    var result: (any Codable.Type)?
}

/// The signatures of the functions that have been called, by their indices in the contract table.
final class TargetSignatures: Sendable {
    private let known = Mutex<[UInt32: TargetSignature]>([:])

    subscript(target: UInt32) -> TargetSignature? {
        get { known.withLock { $0[target] } }
        set { known.withLock { $0[target] = newValue } }
    }
}

/// Runs a distributed function whose types are known. The signature is the one of the standard library's Distributed module.
@_silgen_name("swift_distributed_execute_target")
private func runtimeExecute<Decoder: DistributedTargetInvocationDecoder>(
    on actor: AnyObject, _ targetName: UnsafePointer<UInt8>, _ targetNameLength: UInt, argumentDecoder: inout Decoder,
    argumentTypes: UnsafeRawPointer, resultBuffer: UnsafeMutableRawPointer,
    substitutions: UnsafeRawPointer?, witnessTables: UnsafeRawPointer?, numWitnessTables: UInt
) async throws

/// How many arguments a mangled function takes; negative when the name is none of a function.
@_silgen_name("swift_func_getParameterCount")
private func runtimeParameterCount(_ name: UnsafePointer<UInt8>, _ length: UInt) -> Int32

extension MeshActorSystem {
    func parameterCount(of target: String) -> Int {
        var target = target
        return target.withUTF8 { name in name.baseAddress.map { Int(runtimeParameterCount($0, UInt(name.count))) } ?? -1 }
    }

    /// Runs a function on `actor`, which must be of the type that declares it, and hands the outcome to `handler`.
    func invoke<Act: DistributedActor>(
        _ signature: TargetSignature, on actor: Act, _ decoder: inout MeshInvocationDecoder, _ handler: AnswerHandler
    ) async throws {
        do {
            if let type = signature.result {
                try await handler.onReturn(value: try await run(signature, on: actor, &decoder, type))
            } else {
                _ = try await run(signature, on: actor, &decoder, Nothing.self)
                try await handler.onReturnVoid()
            }
        } catch {
            try await handler.onThrow(error: error)
        }
    }

    /// Takes the place of `Void`, which is not Codable.
    private struct Nothing: Codable {}

    private func run<Result: Codable>(
        _ signature: TargetSignature, on actor: AnyObject, _ decoder: inout MeshInvocationDecoder, _ type: Result.Type
    ) async throws -> Result {
        let types = UnsafeMutablePointer<any Any.Type>.allocate(capacity: signature.arguments.count)
        types.initialize(from: signature.arguments, count: signature.arguments.count)
        let name = UnsafeMutablePointer<UInt8>.allocate(capacity: signature.name.count)
        name.initialize(from: signature.name, count: signature.name.count)
        let result = UnsafeMutablePointer<Result>.allocate(capacity: 1)
        defer {
            types.deallocate()
            name.deallocate()
            result.deallocate()
        }
        try await runtimeExecute(
            on: actor, UnsafePointer(name), UInt(signature.name.count), argumentDecoder: &decoder,
            argumentTypes: UnsafeRawPointer(types), resultBuffer: UnsafeMutableRawPointer(result), substitutions: nil,
            witnessTables: nil, numWitnessTables: 0)
        return result.move()
    }
}
