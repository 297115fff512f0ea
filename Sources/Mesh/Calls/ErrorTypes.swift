import MessagePack
import Wire

/// The errors that travel as themselves: those whose types both nodes have been told of.
///
/// A type is never looked up by a name that a peer sends, other than in this table.
struct ErrorTypes: Sendable {
    typealias Travelling = any (Error & Codable & Sendable).Type

    private let byName: [String: Travelling]

    init(_ types: [Travelling]) {
        // One whose name no frame has room for travels as text.
        let named = types.map { (ActorType($0).mangledName, $0) }.filter { $0.0.utf8.count <= WireLimits.symbolBytes }
        byName = Dictionary(named) { first, _ in first }
    }

    /// The form in which an error of the callee travels. A ``MeshError`` of a call that the callee made is the callee's
    /// failure: the caller must not take it for news of the callee's own node.
    func failure(for error: any Error, encoder: MessagePackEncoder) -> CallFailure {
        let name = ActorType(type(of: error)).mangledName
        if byName[name] != nil, let encodable = error as? any Encodable, let payload = try? encoder.encode(encodable) {
            return CallFailure(code: .calleeFailed, message: "", errorType: name, payload: payload)
        }
        if error is CancellationError { return CallFailure(code: .cancelled, message: "the call was cancelled") }
        return CallFailure(code: .calleeFailed, message: String(describing: error))
    }

    /// The error to throw at the caller.
    func error(for failure: CallFailure, outcome: MeshError.Outcome, decoder: MessagePackDecoder) -> any Error {
        guard !failure.errorType.isEmpty else { return MeshError(failure.code, outcome: outcome, failure.message) }
        guard let type = byName[failure.errorType] else {
            return MeshError(
                .calleeFailed, outcome: outcome,
                "the callee threw a \(ActorType(mangledName: failure.errorType)), a type that this node has not registered")
        }
        do {
            return try decoder.decode(type, from: failure.payload)
        } catch {
            return MeshError(.incompatible, outcome: outcome, "the callee's \(type) cannot be decoded: \(error)")
        }
    }
}
