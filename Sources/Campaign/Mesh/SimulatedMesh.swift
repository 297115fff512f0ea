import Choreography
import Jobs
import Membership
import Registers
import World

// A WHOLE MESH IN ONE THREAD
//
// Machines with disks and clocks, processes on them, a network between them; and one queue of what happens next, in virtual time.
// The protocols are the product's own values, `Membership`, `Replica` and `Courier`; what a node's shell does for them (links, timers, the
// disk, the forwarding of wishes) is done here; edges and workers are tasks, which run between two events. Nothing waits and nothing runs
// beside anything else, so a run depends on its seed alone, and a mesh of five lives through half a minute in some tens of milliseconds.
//
// What is true (who runs, what a disk holds) is known here and hidden from the nodes.

/// Machines, the network between them, and what happens next.
final class SimulatedMesh {
    let seed: UInt64
    let shape: MeshShape
    let machine: any RegisterMachine
    let mutations: Set<Mutation>

    var now = Instant.zero
    var machines: [Machine]
    var links: Links<MeshParcel>
    var trace: Trace
    private var heap = EventHeap<MeshEvent>()
    private var disks: RandomStream
    private var lastProcess = 0
    private var lastNumber: UInt64 = 0
    /// What happened that must never happen, whatever is done to the mesh.
    var faults: [String] = []
    /// Called with what a client hears: the call's number and the answer. Each knows its own.
    var clientsHear: [(UInt64, Result<[UInt8], RegisterError>) -> Void] = []
    /// Whether the others see at once when a process dies in a commit.
    var seesDeaths = true
    /// Called when a process has died.
    var onDeath: (Int) -> Void = { _ in }
    /// The chance that what a client asks, or is answered, gets lost.
    var clientLoss = 0.0
    private var clientRandom: RandomStream
    /// The kinds of work that actors order, so that nodes have to know who does it.
    var work: [WorkKind] = []
    /// Parts that were done, whether anybody has heard of it or not.
    var performed: Set<Performance> = []
    /// Lives to which parts were given, whether anything came there or not; and lives that some node has held for dead.
    var given: [Performance: Set<NodeIdentity>] = [:], heldForDead: Set<NodeIdentity> = []
    /// How long workers take.
    var outside: RandomStream
    /// Who called nodes from within the run, by the call's number.
    var callers: [UInt64: (Result<[UInt8], RegisterError>) -> Void] = [:]
    /// Who asked replicas directly, by token.
    var direct: [UInt64: (Result<[UInt8], RegisterError>) -> Void] = [:]
    /// Edges and workers; nil when nobody asks any.
    var tasks: Tasks?
    /// Of the jobs that edges take.
    var jobLimits = JobLimits(deadline: .seconds(600), runningJobs: 64)
    /// Called with what a user hears: the call's number and the answer.
    var userHears: (UInt64, EdgeAnswer) -> Void = { _, _ in }
    /// Whether timers are watched that a wrong clock may fire.
    var watchesClocks = false
    /// What was seen broken while it ran.
    var seen: [Violation] = []

    init(
        seed: UInt64, shape: MeshShape, weather: Weather, machine: any RegisterMachine, mutations: Set<Mutation> = [],
        show: ((String) -> Void)? = nil
    ) {
        self.seed = seed
        self.shape = shape
        self.machine = machine
        self.mutations = mutations
        links = Links(weather, random: RandomStream(seed: seed, name: "links"))
        trace = Trace(show: show)
        disks = RandomStream(seed: seed, name: "disks")
        clientRandom = RandomStream(seed: seed, name: "client links")
        outside = RandomStream(seed: seed, name: "outside")
        let first = MeshShape.map(stores: shape.stores)
        machines = (0..<shape.count).map { i in
            Machine(number: i, disk: i < shape.stores + shape.spares ? MemoryDisk(id: MeshShape.storeID(i)) : nil, map: first)
        }
    }

    /// The newest configuration that any node goes by.
    var map: ReplicaMap { machines.lazy.map(\.map).max { $0.epoch < $1.epoch } ?? MeshShape.map(stores: shape.stores) }

    // MARK: Time

    func at(_ time: Instant, _ action: @escaping (SimulatedMesh) -> Void) { heap.insert(.action(action), at: max(time, now)) }
    func after(_ delay: Duration, _ action: @escaping (SimulatedMesh) -> Void) { heap.insert(.action(action), at: now + delay) }
    func push(_ event: MeshEvent, after delay: Duration) { heap.insert(event, at: now + delay) }
    func push(_ event: MeshEvent, at time: Instant) { heap.insert(event, at: max(time, now)) }

    func run(until end: Instant) {
        while true {
            let next = min(heap.next, tasks?.next ?? .distantFuture)
            guard next <= end else { break }
            now = next
            // Sleeps that are over end first, and what an event makes of tasks happens at its time.
            runTasks()
            guard let (event, _) = heap.pop(dueBy: now) else { continue }
            perform(event)
            runTasks()
        }
        now = end
    }

    /// Runs until `condition` holds, looking every 20 ms, or until `end`. Whether it held.
    func run(until end: Instant, or condition: () -> Bool) -> Bool {
        while !condition() {
            guard now < end else { return false }
            run(until: min(end, now + .milliseconds(20)))
        }
        return true
    }

    /// Unique in this run.
    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// What the wall clock of a machine shows.
    func wall(_ i: Int) -> WallTime {
        WallTime(nanosecondsSince1970: truth.nanosecondsSince1970 + machines[i].clockAhead.nanoseconds)
    }

    /// What a wall clock shows that is right.
    var truth: WallTime { WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000 + now.nanoseconds) }

    // MARK: Processes

    func start(_ i: Int) {
        guard machines[i].process == nil else { return }
        machines[i].lives += 1
        lastProcess += 1
        let identity = NodeIdentity(name: machines[i].name, life: machines[i].lives)
        let store = machines[i].disk.map { MemoryStore($0) }
        machines[i].disk = store?.disk
        let metadata = metadata(store, machines[i].map)
        let membership: Membership
        do {
            membership = try Membership(
                identity: identity, address: machines[i].address, metadata: metadata, configuration: shape.membership,
                random: RandomStream(seed: seed, name: "membership \(identity)"), now: now)
        } catch { preconditionFailure("\(error)") }
        let process = NodeProcess(
            serial: lastProcess, machine: i, identity: identity, membership: membership, store: store,
            replica: store.map { NodeProcess.ReplicaBox(replica($0, on: i, for: identity)) },
            courier: store.map { _ in Courier(random: RandomStream(seed: seed, name: "courier \(identity)"), mutations: mutations) },
            resends: !mutations.contains(.noResend), map: machines[i].map, startedAt: now)
        machines[i].process = process
        let opened = store.map { " store \($0.id.short) life \($0.life) at \($0.commitNumber)" } ?? ""
        trace.note(now, i, .start, identity.life, "\(identity)\(opened)")
        let seeds = machines.prefix(shape.stores).map(\.address)
        carry(process.membership.start(seeds: seeds, now: now), of: process)
        lookAround(process)
    }

    private func replica(_ store: MemoryStore, on i: Int, for identity: NodeIdentity) -> Replica {
        var planted = mutations
        // A wiped disk that keeps its id would be found out by its witnesses, so the fault skips asking them.
        if machines[i].isWiped, mutations.contains(.wipedDiskVotes) { planted.insert(.olderDiskVotes) }
        return Replica(
            store: store, map: machines[i].map, machine: machine, configuration: shape.replica,
            random: RandomStream(seed: seed, name: "replica \(identity)"), mutations: planted, now: now, wall: wall(i))
    }

    func isRunning(_ process: NodeProcess) -> Bool { machines[process.machine].process === process }

    var running: [NodeProcess] { machines.compactMap(\.process) }

    /// Ends a process. What its disk was writing is there or not; never a part of it.
    /// - Parameter isSeen: the machine stays up and refuses connections, which tells the others at once.
    func kill(_ i: Int, keepsPending: Bool, isSeen: Bool = true) {
        guard let process = machines[i].process else { return }
        let peer = process.peer
        machines[i].process = nil
        endTasks(of: process)
        machines[i].waiting = []
        machines[i].frozenUntil = .zero
        machines[i].killPoint = nil
        if let store = process.store {
            let wrote = store.isWriting ? (keepsPending ? ", its commit stays" : ", its commit is gone") : ""
            machines[i].disk = store.cut(keepsPending: keepsPending)
            trace.note(now, i, .kill, machines[i].disk?.commitNumber ?? 0, "\(process.identity)\(wrote)")
        } else {
            trace.note(now, i, .kill, 0, "\(process.identity)")
        }
        onDeath(i)
        guard isSeen else { return }
        for other in running where links.state(i, other.machine) == .open && links.state(other.machine, i) == .open {
            let delay = links.oneWay()
            push(.parcel(other.machine, .lost(peer)), after: delay)
            push(.parcel(other.machine, .refused(peer)), after: delay + links.oneWay() + links.oneWay())
        }
    }

    /// The process stands still for a while, as after SIGSTOP.
    func freeze(_ i: Int, for time: Duration) {
        guard machines[i].process != nil else { return }
        machines[i].frozenUntil = max(machines[i].frozenUntil, now + time)
        trace.note(now, i, .pause, UInt64(bitPattern: time.nanoseconds), "for \(time.milliseconds) ms")
        push(.thaw(i), at: machines[i].frozenUntil)
    }

    // MARK: Events

    private func perform(_ event: MeshEvent) {
        switch event {
        case .action(let body): body(self)
        case .start(let i): start(i)
        case .death(let i, let serial, let keepsPending):
            // A slow commit may outlast the trouble; who is no longer to be killed then lives.
            guard machines[i].process?.serial == serial, machines[i].killPoint != nil else { return }
            kill(i, keepsPending: keepsPending, isSeen: seesDeaths)
        case .parcel(let i, let parcel):
            guard let process = machines[i].process else { return refuse(parcel, at: i) }
            if !isFrozen(i, event) { take(parcel, process) }
        case .gossipTick(let i, let serial):
            guard let process = process(i, serial), process.gossipTick <= now else { return }
            process.gossipTick = .distantFuture
            if machines[i].frozenUntil <= now { tickGossip(process) }
        case .registerTick(let i, let serial):
            guard let process = process(i, serial), process.registerTick <= now else { return }
            process.registerTick = .distantFuture
            if machines[i].frozenUntil <= now { tickRegisters(process) }
        case .courierTick(let i, let serial):
            guard let process = process(i, serial), process.courierTick <= now else { return }
            process.courierTick = .distantFuture
            if machines[i].frozenUntil <= now { give(.tick, toCourierOf: process) }
        case .courierHears(let i, let serial, let input):
            if let process = process(i, serial), !isFrozen(i, event) { give(input, toCourierOf: process) }
        case .workTick(let i, let serial): if let process = process(i, serial), !isFrozen(i, event) { tickWork(process) }
        case .partBegun(let i, let serial, let call): if let process = process(i, serial), !isFrozen(i, event) { work(call, process) }
        case .partDue(let i, let serial, let number):
            if let process = process(i, serial), !isFrozen(i, event) { partIsDue(number, process) }
        case .task(let i, let serial, let word): if let process = process(i, serial), !isFrozen(i, event) { carry(word, of: process) }
        case .taskHears(let i, let serial, let number, let answer):
            if process(i, serial) != nil, !isFrozen(i, event) { tasks?.post.answer(number, answer) }
        case .turn(let i, let serial):
            if let process = process(i, serial), !isFrozen(i, event) { takeTurn(process) }
        case .written(let i, let serial): if let process = process(i, serial) { written(process) }
        case .refused(let i, let serial): if let process = process(i, serial) { refusedByDisk(process) }
        case .told(let i, let serial, let input):
            if let process = process(i, serial), !isFrozen(i, event) { feed(process, input) }
        case .routeDue(let i, let serial, let route, let attempt):
            if let process = process(i, serial), !isFrozen(i, event) { routeIsDue(process, route, attempt) }
        case .lookAround(let i, let serial):
            if let process = process(i, serial), !isFrozen(i, event) { lookAround(process) }
        case .thaw(let i): thaw(i)
        }
    }

    private func process(_ i: Int, _ serial: Int) -> NodeProcess? {
        guard let process = machines[i].process, process.serial == serial else { return nil }
        return process
    }

    private func isFrozen(_ i: Int, _ event: MeshEvent) -> Bool {
        guard machines[i].frozenUntil > now else { return false }
        machines[i].waiting.append(event)
        return true
    }

    private func thaw(_ i: Int) {
        guard machines[i].frozenUntil <= now, let process = machines[i].process else { return }
        trace.note(now, i, .resume, UInt64(machines[i].waiting.count), "\(machines[i].waiting.count) events have waited")
        let waiting = machines[i].waiting
        machines[i].waiting = []
        for event in waiting { perform(event) }
        guard isRunning(process) else { return }
        tickGossip(process)
        tickRegisters(process)
        if isRunning(process) { give(.tick, toCourierOf: process) }
    }

    private func take(_ parcel: MeshParcel, _ process: NodeProcess) {
        switch parcel {
        case .gossip(let bytes, let from, let wall): takeGossip(bytes, from: from, wall, process)
        case .accept(let from, let peer):
            transmit(.connected(process.peer), from: process.machine, to: from, isOrderly: true)
            carry(process.membership.connected(peer, now: now), of: process)
        case .connected(let peer): carry(process.membership.connected(peer, now: now), of: process)
        case .lost(let peer): carry(process.membership.linkLost(peer, now: now), of: process)
        case .refused(let peer): carry(process.membership.refused(peer, now: now), of: process)
        case .registers(let bytes): takeFrame(bytes, process)
        case .errand(let errand): take(errand, process)
        case .errandDone(let back, let result): errandDone(process, back, result)
        case .part(let call): take(call, process)
        case .partAnswer(let call): answered(call, process)
        case .configurationQuestion(let from):
            transmit(.configuration(machines[process.machine].map.packed()), from: process.machine, to: from, isOrderly: true)
        case .configuration(let bytes): take(configuration: bytes, process)
        case .call(let call): take(call, process)
        case .edgeCall(let call): nodeTasks(of: process)?.take(call)
        }
    }

    /// Nobody listens.
    private func refuse(_ parcel: MeshParcel, at i: Int) {
        switch parcel {
        case .call(let call): tell(client: call.number, .failure(RegisterError(.notReady, .failed, "n\(i + 1) refuses the connection")))
        case .edgeCall(let call): tell(user: call.number, .unavailable)
        default: break
        }
    }

    // MARK: Network

    func transmit(_ parcel: MeshParcel, from: Int, to: Int, isOrderly: Bool = false, needsBothWays: Bool = false) {
        if needsBothWays, links.state(to, from) == .dropping { return }
        guard case .arrives(let times) = links.send(parcel, from: from, to: to, isOrderly: isOrderly) else { return }
        for time in times { push(.parcel(to, parcel), after: needsBothWays ? time + links.oneWay() + links.oneWay() : time) }
    }

    func heal(_ cut: Int) {
        for (_, to, parcel) in links.heal(cut) { push(.parcel(to, parcel), after: links.oneWay()) }
    }

    // MARK: Clients

    /// A client asks a node.
    func call(_ i: Int, _ call: ClientCall) {
        if clientRandom.chance(clientLoss) { return }
        push(.parcel(i, .call(call)), after: clientRandom.between(.microseconds(150), .milliseconds(2)))
    }

    func tell(client number: UInt64, _ result: Result<[UInt8], RegisterError>) {
        if let hear = callers.removeValue(forKey: number) { return after(.zero) { _ in hear(result) } }
        fromOutside { mesh in for hear in mesh.clientsHear { hear(number, result) } }
    }

    /// What goes between a node and somebody outside happens some time later, or never.
    func fromOutside(_ body: @escaping (SimulatedMesh) -> Void) {
        if clientRandom.chance(clientLoss) { return }
        after(clientRandom.between(.microseconds(150), .milliseconds(2)), body)
    }

    // MARK: Disks

    /// How long the disk of a machine takes for a commit.
    func commitTime(_ i: Int) -> Duration {
        (.microseconds(80) + disks.exponential(shape.commitTime)) * machines[i].slowness
    }

    /// Where in a commit of this length something happens.
    func moment(within time: Duration) -> Duration { time * disks.unit() }
}

extension StoreID {
    /// Enough to tell the stores of a simulated mesh apart.
    var short: String { String(description.prefix(4)) }
}
