import Distributed
import MessagePack
import Synchronization
import World

/// The distributed actor system of one node.
///
/// ```swift
/// public distributed actor Greeter: NodeSingleton {
///     public typealias ActorSystem = MeshActorSystem
///     public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
///     public distributed func greet(_ name: String) -> String { "hello, \(name)" }
/// }
/// let greeter = try node.system.singleton(Greeter.self, on: member.identity)
/// let text = try await greeter.greet("world")
/// ```
///
/// A call ends with the callee's result, with the callee's own error if its type is registered
/// (``NodeConfiguration/errors``), or with a ``MeshError``; and it ends by its deadline. See ``withDeadline(_:_:)``.
///
/// **What the runtime leaves to us.** `executeDistributedTarget` runs a function on whatever actor it is given: it does not ask
/// whether the function is one of the actor's type, and a wrong pair reads one type's memory as another's. Here the called
/// function comes as an index into the table of all distributed functions of this program, and the actor is looked up
/// by its number *and* the type that declares the function, so a wrong pair finds no actor.
public final class MeshActorSystem: DistributedActorSystem, Sendable {
    public typealias ActorID = MeshActorID
    public typealias SerializationRequirement = any Codable
    public typealias InvocationEncoder = MeshInvocationEncoder
    public typealias InvocationDecoder = MeshInvocationDecoder
    public typealias ResultHandler = AnswerHandler

    /// The time a call may take when nobody says otherwise.
    public static let defaultDeadline: Duration = .seconds(30)

    /// The node this system belongs to.
    public let node: NodeIdentity
    /// The node's world.
    public let world: any World

    let core: NodeCore
    let registry: ActorRegistry
    let errors: ErrorTypes
    let signatures = TargetSignatures()
    private let mailboxLimit: Int
    private let coders = Mutex<Coders?>(nil)

    /// Together in one object, so that taking both costs one reference count.
    final class Coders: Sendable {
        let encoder: MessagePackEncoder
        let decoder: MessagePackDecoder

        init(userInfo: [CodingUserInfoKey: any Sendable]) {
            var encoder = MessagePackEncoder(), decoder = MessagePackDecoder()
            encoder.userInfo = userInfo
            decoder.userInfo = userInfo
            self.encoder = encoder
            self.decoder = decoder
        }
    }

    init(core: NodeCore, registry: ActorRegistry, errors: ErrorTypes, mailboxLimit: Int) {
        self.core = core
        self.registry = registry
        self.errors = errors
        self.mailboxLimit = mailboxLimit
        node = core.identity
        world = core.world
        let userInfo: [CodingUserInfoKey: any Sendable] = [.actorSystemKey: self]
        coders.withLock {
            $0 = Coders(userInfo: userInfo)
        }
    }

    /// The coders know the system, and the system them, until the node has stopped.
    func currentCoders() throws(MeshError) -> Coders {
        guard let coders = coders.withLock({ $0 }) else {
            throw MeshError(.nodeDown, outcome: .failed, "this node, \(node), has stopped")
        }
        return coders
    }

    func breakCycles() { coders.withLock { $0 = nil } }

    // MARK: References

    /// The actor of type `type` that every node holds once, on the node `node`. Asks nobody: a call tells whether it is there.
    public func singleton<Act>(_ type: Act.Type, on node: NodeIdentity) throws -> Act
    where Act: NodeSingleton, Act.ActorSystem == MeshActorSystem {
        try Act.resolve(id: MeshActorID(node: node, type: ActorType(type), number: 0), using: self)
    }

    public func resolve<Act>(id: MeshActorID, as type: Act.Type) throws -> Act?
    where Act: DistributedActor, Act.ID == MeshActorID {
        guard ActorType(type) == id.type else {
            throw MeshError(.incompatible, outcome: .failed, "\(id) cannot be used as a \(ActorType(type))")
        }
        guard id.node == node else { return nil }
        guard let actor = registry.cell(id.type, number: id.number)?.actor as? Act else {
            throw MeshError(.noSuchActor, outcome: .failed, "\(id) is not on this node, or is gone")
        }
        return actor
    }

    // MARK: Life of a local actor

    public func assignID<Act>(_ type: Act.Type) -> MeshActorID where Act: DistributedActor, Act.ID == MeshActorID {
        let name = ActorType(type)
        let executor: any ActorExecutor =
            type is any InlineActor.Type ? core.loop : world.makeExecutor(name.description)
        let mailbox = Mailbox(limit: mailboxLimit, isOneAtATime: type is any OneAtATime.Type)
        let cell = ActorCell(executor: executor, mailbox: mailbox)
        let number = registry.assign(name, isSingleton: type is any NodeSingleton.Type, cell: cell)
        return MeshActorID(node: node, type: name, number: number, cell: cell)
    }

    /// Runs before the actor's init has ended.
    public func actorReady<Act>(_ actor: Act) where Act: DistributedActor, Act.ID == MeshActorID {
        guard let cell = actor.id.cell else { preconditionFailure("\(actor.id) was not assigned by this system") }
        precondition(
            actor.unownedExecutor.isSame(as: cell.executor.asUnownedSerialExecutor()),
            """
            \(actor.id) does not run on the executor that its node made for it. Declare in the actor: \
            nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
            """)
        cell.actor = actor
    }

    /// May run under any lock of the program that let the actor go.
    public func resignID(_ id: MeshActorID) {
        if let cell = id.cell { registry.resign(id.type, number: id.number, cell: cell) }
    }

    // MARK: Calls

    public func makeInvocationEncoder() -> MeshInvocationEncoder {
        let encoder = (try? currentCoders())?.encoder ?? MessagePackEncoder()
        return MeshInvocationEncoder(encoder: encoder)
    }

    public func remoteCall<Act, Err, Res>(
        on actor: Act, target: RemoteCallTarget, invocation: inout MeshInvocationEncoder,
        throwing: Err.Type, returning: Res.Type
    ) async throws -> Res where Act: DistributedActor, Act.ID == MeshActorID, Err: Error, Res: Codable {
        guard !CallContext.current.isOneWay else {
            throw MeshError(
                .incompatible, outcome: .failed, "\(target) returns a value, so it cannot be called one way")
        }
        let answer = try await call(actor.id, target: target.identifier, arguments: invocation.arguments)
        do {
            return try currentCoders().decoder.decode(Res.self, from: answer[...])
        } catch let error as MeshError {
            throw error
        } catch {
            throw MeshError(.incompatible, outcome: .unknown, "the answer of \(target) is no \(Res.self): \(error)")
        }
    }

    public func remoteCallVoid<Act, Err>(
        on actor: Act, target: RemoteCallTarget, invocation: inout MeshInvocationEncoder, throwing: Err.Type
    ) async throws where Act: DistributedActor, Act.ID == MeshActorID, Err: Error {
        _ = try await call(actor.id, target: target.identifier, arguments: invocation.arguments)
    }

    nonisolated(nonsending) private func call(
        _ id: MeshActorID, target: String, arguments: [UInt8]
    ) async throws -> [UInt8] {
        guard id.node != node else {
            throw MeshError(.noSuchActor, outcome: .failed, "\(id) was on this node and is gone")
        }
        _ = try currentCoders()
        let context = CallContext.current
        let deadline = context.deadline ?? world.now + Self.defaultDeadline
        return try await core.call(OutboundCall(
            callee: id, target: target, arguments: arguments, deadline: deadline, isOneWay: context.isOneWay))
    }

    /// Runs `body`; every call in it ends within `duration` from now, or by the caller's own deadline if that is earlier.
    ///
    /// The deadline travels with each call, as the time that remains, and binds the calls that the callee makes in turn.
    public func withDeadline<Value: Sendable>(
        _ duration: Duration, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async rethrows -> Value {
        var context = CallContext.current
        context.deadline = min(context.deadline ?? .distantFuture, world.now + duration)
        return try await CallContext.$current.withValue(context, operation: body, isolation: isolation)
    }

    /// Runs `body`; the calls in it of functions without a result are sent and not answered.
    ///
    /// Such a call returns when it is queued. What becomes of it the caller does not learn; it is delivered at most once, in
    /// order with the caller's other calls.
    public func oneWay<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async rethrows -> Value {
        var context = CallContext.current
        context.isOneWay = true
        return try await CallContext.$current.withValue(context, operation: body, isolation: isolation)
    }
}

extension UnownedSerialExecutor {
    /// Whether both are the very same executor. The standard library does not compare them.
    fileprivate func isSame(as other: UnownedSerialExecutor) -> Bool {
        withUnsafeBytes(of: self) { mine in withUnsafeBytes(of: other) { mine.elementsEqual($0) } }
    }
}
