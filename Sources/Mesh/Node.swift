import Logging
import Membership
import Placement
import Synchronization
import Transport
import Wire
import World

/// One node of a mesh: its membership, its links, its actors.
///
/// ```swift
/// let node = try Node(configuration, world: SystemWorld())
/// let greeter = Greeter(actorSystem: node.system)
/// try await node.start()
/// ```
public final class Node: Sendable {
    /// What the node was made with.
    public let configuration: NodeConfiguration
    /// Where the node's time, randomness, tasks and files come from. It ends with the node.
    public let world: any World
    /// The node's name, and the life that began with this object.
    public let identity: NodeIdentity
    /// The actor system of the node.
    public let system: MeshActorSystem

    private let core: NodeCore
    private let life = LifeStream()
    private let isStopped = Atomic(false)
    private let isStarted = Atomic(false)
    private let directory: Mutex<DirectoryLock?>

    /// Takes the next life and makes the node; it does not listen yet.
    /// - Throws: ``NodeError``.
    public convenience init(_ configuration: NodeConfiguration, world: any World, log: Logger = Logger(label: "mesh")) throws {
        let reactor = Reactor(name: configuration.name, world: world, log: log)
        try self.init(configuration, world: world, loop: reactor, log: log) {
            ZeroMQSockets(reactor: reactor, security: configuration.curve)
        }
        reactor.start()
    }

    /// A node on a loop and sockets of the caller's: the seam by which simulations run whole nodes.
    package init(
        _ configuration: NodeConfiguration, world: any World, loop: any EventLoop, log: Logger,
        sockets: () throws -> sending any PacketSockets
    ) throws {
        self.configuration = configuration
        self.world = world
        do {
            try world.files.createDirectory(configuration.dataDirectory)
        } catch {
            throw NodeError(.dataDirectory, "cannot make the data directory \(error); choose another with dataDir")
        }
        directory = Mutex(try DirectoryLock(configuration.dataDirectory, files: world.files))
        let life = try LifeCounter(files: world.files, dataDirectory: configuration.dataDirectory).next()
        identity = NodeIdentity(name: configuration.name, life: life)
        core = try NodeCore(
            identity: identity, configuration: configuration, world: world, loop: loop, log: log,
            lifeOver: self.life.continuation, sockets: sockets())
        system = MeshActorSystem(
            core: core, registry: core.registry, errors: ErrorTypes(configuration.errors),
            mailboxLimit: configuration.mailboxLimit)
    }

    /// A node that was never started ends with its last reference. One that runs, runs until ``stop()``, whoever holds it.
    deinit {
        if !isStarted.load(ordering: .acquiring) && !isStopped.load(ordering: .acquiring) {
            system.breakCycles()
            core.submit { $0.stop() }
        }
    }

    /// Listens, and begins to look for the others. Actors that exist already can be called from the first moment.
    ///
    /// From now on somebody has to call ``stop()``, also when this throws.
    /// - Throws: ``NodeError`` with code `bind` that names the address and the lane.
    public func start() async throws {
        isStarted.store(true, ordering: .releasing)
        try await core.start(system)
    }

    /// Ends at once, without a farewell: to the others the node dies. No effect when it has ended.
    ///
    /// Nothing of the node may be asked any more, because nobody is there to answer. Calls through its actor system fail with
    /// ``MeshError/Code/nodeDown``, begun ones too; streams end, those of watches with ``Termination/nodeDown``; ``leave()`` returns.
    public func stop() async {
        guard isStopped.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            return
        }
        // First, so that no call begins any more.
        system.breakCycles()
        await core.stop()
        world.shutDown()
        directory.withLock { $0 = nil }
    }

    /// Takes no new work: the ring of every node places it elsewhere from now on. Calls go on being answered.
    public func drain() async throws {
        try await core.updateMetadata { $0.roles = [] }
    }

    /// Says goodbye, so that the others see the node as left and not as dead. ``stop()`` afterwards.
    public func leave() async { await core.leave() }

    /// Ends when the mesh holds this life of the node for finished; the element is the life to exceed. The process has to
    /// call ``raiseLife(above:)`` and to begin anew.
    public var lifeOver: AsyncStream<UInt64> { life.stream }

    /// Makes the next start's life exceed `life`.
    public func raiseLife(above life: UInt64) throws {
        let held = directory.withLock { $0 }
        let lock = try held ?? DirectoryLock(configuration.dataDirectory, files: world.files)
        defer { withExtendedLifetime(lock) {} }
        _ = try LifeCounter(files: world.files, dataDirectory: configuration.dataDirectory).next(above: life)
    }

    /// Changes what the node tells of itself by one label; nil takes it away.
    /// - Throws: when the metadata become too large.
    public func setLabel(_ key: String, _ value: String?) async throws {
        try await core.updateMetadata { $0.labels[key] = value }
    }

    /// Tells the others the highest schema version that the node's store can write: ``MemberVersions/schema``.
    package func setSchema(_ newest: UInt32) async throws {
        try await core.updateMetadata { $0.versions.schema = newest }
    }

    /// Has register frames handed to `sink`, with the node that sent them, on the event loop, which they must not hold up. One for which it
    /// throws is malformed. To be called before ``start()``.
    public func receiveRegisterFrames(_ sink: @escaping @Sendable (ArraySlice<UInt8>, NodeIdentity) throws -> Void) {
        core.submit { $0.registerSink = sink }
    }

    /// Sends a register frame to a node, if there is a session with it. It may be lost.
    public func sendRegisterFrame(_ frame: [UInt8], to peer: NodeIdentity) {
        core.submit { $0.sendRegisterFrame(frame, to: peer) }
    }

    /// All members as this node sees them now. Callable from anywhere, without waiting.
    public var members: MembersView { core.publicView.members }

    /// How far the wall clock is ahead of the median of the members', as far as that can be told now. Callable from anywhere, without waiting.
    public var clockOffset: Duration { core.publicView.clock.ahead(now: world.now, wall: world.wallTime) }

    /// How the wall clock stands to those of the others. While it is off the node fires no timers and lets no hour pass.
    public var clockVerdict: ClockWatch.Verdict { core.publicView.clock.verdict(now: world.now, wall: world.wallTime) }

    /// How far the wall clock is off, for people: "3 s ahead of the others'"; nil while it is right.
    public var clockFault: String? {
        let verdict = clockVerdict
        return verdict.isOff ? verdict.words(clockOffset) : nil
    }

    /// Whether what is due by the wall clock may be done: it is not off, and was compared with the others'.
    public var mayFireTimers: Bool { core.publicView.clock.mayFire(now: world.now, wall: world.wallTime) }

    /// The members on which ``ring`` is built: the view after it has rested for a moment, the same on all nodes that agree.
    public var decidedMembers: [Member] { core.publicView.decided }

    /// The work ring over the decided view. Callable from anywhere, without waiting.
    public var ring: HashRing { core.publicView.ring }

    /// What happens to the view from now on, in order. A reader that is 4,096 events behind misses the oldest.
    ///
    /// A decision comes when ``ring`` is built over it, so it may come after later events of other kinds. A node has at most
    /// 16,384 such readers; the stream of one beyond ends at once, and so do all when the node stops.
    public func membershipEvents() -> AsyncStream<MembershipEvent> { core.membershipEvents() }

    /// The local actors, sorted by type and number.
    public func actors() -> [ActorSummary] { core.registry.summaries() }

    /// Puts a rule of the fault filter in force; one of the same name is replaced. Returns what is wrong with it, or nil.
    ///
    /// Only a node with ``NodeConfiguration/allowsFaults`` has a fault filter.
    public func setFault(_ rule: FaultRule) async -> String? { await core.setFault(rule) }

    /// Ends the rule of the fault filter called `name`, or all rules.
    public func clearFault(_ name: String?) async { await core.clearFault(name) }

    /// The rules of the fault filter that are in force.
    public func faults() async -> [FaultRuleStatus] { await core.faults() }

    /// The node's counters and gauges.
    public func metrics() async -> [MetricSample] { await core.metrics() }
}

/// A stream that exists before the object that is read from it.
private struct LifeStream {
    let stream: AsyncStream<UInt64>
    let continuation: AsyncStream<UInt64>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1)) }
}
