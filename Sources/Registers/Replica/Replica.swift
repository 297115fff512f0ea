import World

/// One node's share of all registers: acceptor for the shards that the map gives to its store, and proposer for whatever is wished
/// of these here. A value without I/O: inputs in, effects out, in an order that only they decide.
///
/// Its shell carries frames, writes commits (one at a time) and calls ``handle(_:now:wall:)`` with `tick` at ``nextDeadline``. What
/// is handed out in one turn is already consistent with everything that waits to be written; what tells others of it waits until it
/// is.
public struct Replica: ~Copyable {
    enum Timer {
        case proposer(RegisterKey)
        case fetch(RegisterKey)
        case attend(RegisterKey)
        case glance(RegisterKey)
        case ask, witness, retry, horizon, rescan, forget, attendance
    }

    let store: any RegisterStore
    let machine: any RegisterMachine
    let figures: ReplicaConfiguration
    let mutations: Set<Mutation>
    var random: RandomStream

    var map: ReplicaMap
    /// Stores that live, by gossip.
    var live: Set<StoreID> = []
    /// Those whose wall clocks are off, by what their nodes say.
    var astray: Set<StoreID> = []
    public internal(set) var standing = Standing.asking
    /// The disk was full, and is left alone until then.
    private var writesAgain = Instant.zero

    var ballots: BallotSource
    var ahead: WriteAhead
    var cache = RecordCache()
    /// The number of the last durable commit.
    var durable: UInt64
    /// Nobody is served under an epoch below: durably, and as soon as what was decided is written.
    var fenced: UInt64
    var fencing: UInt64 = 0

    var proposers: [RegisterKey: Proposer] = [:]
    /// Keys of proposers that rest with a grant, longest first; some may have been woken since.
    var resting: [RegisterKey] = []
    var fetches: [RegisterKey: Fetch] = [:]
    /// Whose round it is.
    var rounds: [UInt64: RegisterKey] = [:]
    var lastRound: UInt64
    /// Wishes that wait, at all proposers.
    var waiting = 0
    /// Keys of which something was wished in this turn while nothing was under way. All of a turn's wishes for a key are one proposal.
    var wished: [RegisterKey] = []

    var witnessing = Witnessing()
    var freeing = Freeing()
    var attending = Attending()
    var glancing = Glancing()
    var rescan: Rescan
    /// Shards that others hold now, whose registers are still here. Nil as long as nobody has looked.
    var forgetting: [Int]?
    /// Timers for both are set.
    var isForgetting = false, isRescanning = false
    /// Promises that the mutation `promise-in-memory` does not write.
    var volatilePromises: [RegisterKey: Ballot] = [:]

    var timers = EventHeap<Timer>()
    var now: Instant
    var wall: WallTime
    /// What peers will be told at the end of this turn, and what this replica tells itself.
    var outbox = Outbox()
    private var effects: [ReplicaEffect] = []

    /// Begins in ``Standing/asking``: votes and proposes when its witnesses have spoken, or at once when it shares no shard.
    public init(
        store: any RegisterStore, map: ReplicaMap, machine: any RegisterMachine, configuration: ReplicaConfiguration = .init(),
        random: RandomStream, mutations: Set<Mutation> = [], now: Instant, wall: WallTime
    ) {
        self.store = store
        self.machine = machine
        figures = configuration
        self.mutations = mutations
        self.random = random
        self.map = map
        self.now = now
        self.wall = wall
        ballots = BallotSource(store: store.id, life: mutations.contains(.lifeForgotten) ? 1 : store.life)
        durable = store.commitNumber
        fenced = store.fence
        rescan = Rescan(epoch: map.epoch, now: now)
        // An answer names its round alone, and one to the life before may come late: no two lives may give a round one number.
        lastRound = mutations.contains(.roundsRepeated) ? 0 : (store.life & 0x3F_FFFF) << 40
        ahead = WriteAhead(after: store.commitNumber)
        for witness in store.witnesses { witnessing.learn(durably: witness) }
        for horizon in store.horizons {
            freeing.horizons[horizon.shard] = horizon
            // Whether all was swept before the last life ended nobody has written down.
            if horizon.freed != nil { freeing.sweeping.append((horizon.shard, nil)) }
        }
        enter()
        beginAsking()
        timers.insert(.attendance, at: now)
        if figures.retention != nil { timers.insert(.horizon, at: now + figures.horizonInterval) }
    }

    /// The store that votes here.
    public var id: StoreID { store.id }

    /// When `tick` is wanted next.
    public var nextDeadline: Instant { timers.next }

    /// Takes an input at a time of the monotonic clock, and gives what is to be done, in this order.
    public mutating func handle(_ input: ReplicaInput, now: Instant, wall: WallTime) -> [ReplicaEffect] {
        handle(CollectionOfOne(input), now: now, wall: wall)
    }

    /// Takes several inputs in one turn, so that what they lead to shares frames and a commit.
    public mutating func handle(_ inputs: some Sequence<ReplicaInput>, now: Instant, wall: WallTime) -> [ReplicaEffect] {
        self.now = max(self.now, now)
        self.wall = wall
        for input in inputs {
            take(input)
            while let item = outbox.popLocal() { serve(item, from: id) }
        }
        beginWished()
        while let item = outbox.popLocal() { serve(item, from: id) }
        while let (timer, _) = timers.pop(dueBy: self.now) { fire(timer) }
        while let item = outbox.popLocal() { serve(item, from: id) }
        return finish()
    }

    private mutating func take(_ input: ReplicaInput) {
        switch input {
        case .frame(let frame): receive(frame)
        case .committed: committed()
        case .refused(let refusal): refused(refusal)
        case .wish(let wish): take(wish)
        case .list(let listing, let token): list(listing, token)
        case .seen(let live, let gone, let astray): see(live: Set(live), gone: Set(gone), astray: Set(astray))
        case .map(let newer): adopt(newer)
        case .tick: break
        }
    }

    private mutating func fire(_ timer: Timer) {
        switch timer {
        case .proposer(let key): proposerIsDue(key)
        case .fetch(let key): fetchIsDue(key)
        case .ask: ask()
        case .witness: writeWitnesses()
        case .retry: break
        case .horizon: lookForFreeable()
        case .rescan: goOnRescanning()
        case .forget: forget()
        case .attend(let key): attendIsDue(key)
        case .attendance: lookForDue()
        case .glance(let key): glanceIsDue(key)
        }
    }

    private mutating func receive(_ frame: RegisterFrame) {
        guard frame.sender != id, map.holds(frame.sender) || mutations.contains(.replicasFromTheRing) else { return }
        heard(of: frame.sender, commit: frame.commit)
        for item in frame.items { serve(item, from: frame.sender) }
    }

    private mutating func serve(_ item: RegisterItem, from peer: StoreID) {
        switch item {
        case .request(let request): serve(request, from: peer)
        case .shardRequest(let request): serve(request, from: peer)
        case .answer(let answer): answered(answer, by: peer)
        case .witnessQuestion: tell(peer, .witnessAnswer(witnessing.durable[peer] ?? 0))
        case .witnessAnswer(let commit): witnessed(commit, by: peer)
        case .carriedQuestion(let known): answerWhatWasCarried(known, to: peer)
        case .carriedAnswer(let carried): take(carried, from: peer)
        }
    }

    // MARK: The store

    /// The record as it will be when all is written.
    mutating func record(of key: RegisterKey) -> RegisterRecord? {
        guard var record = cache.record(of: key) ?? read(key) else { return nil }
        if let promise = volatilePromises[key] { record.promise = max(record.promise, promise) }
        return record
    }

    private mutating func read(_ key: RegisterKey) -> RegisterRecord? {
        guard let record = ahead.record(of: key) ?? store.record(of: key) else { return nil }
        cache.put(key, record)
        return record
    }

    func rows(of key: RegisterKey) -> LayeredRows { ahead.rows(of: key, in: store) }

    mutating func put(_ key: RegisterKey, _ record: RegisterRecord?, rows: [StoredRow] = [], freed: [[UInt8]] = []) {
        if let record { cache.put(key, record) } else { cache.remove(key) }
        ahead.put(.init(key: key, record: record, rows: rows, freed: freed))
        watch(key, record)
        wake(key)
    }

    private mutating func committed() {
        guard let batch = ahead.end() else { return }
        durable = ahead.number
        for witness in batch.witnesses { witnessing.learn(durably: witness) }
        if standing == .full { change(standing: .voting) }
        if let fence = batch.fence { entered(fence) }
        for (peer, answer) in batch.answers { tell(peer, .answer(answer)) }
    }

    /// Nothing is lost: what was decided stays in memory, unanswered, and is written when there is room.
    private mutating func refused(_ refusal: StoreRefusal) {
        ahead.takeBack()
        if standing == .voting { change(standing: .full) }
        writesAgain = now + figures.fullPause
        timers.insert(.retry, at: writesAgain)
    }

    // MARK: Telling

    mutating func tell(_ peer: StoreID, _ item: RegisterItem) { outbox.add(item, to: peer, isLocal: peer == id) }

    /// Answers when everything that was decided so far is durable.
    mutating func answerDurably(_ answer: RegisterAnswer, to peer: StoreID) {
        if !ahead.hold(answer, to: peer) { tell(peer, .answer(answer)) }
    }

    mutating func emit(_ effect: ReplicaEffect) { effects.append(effect) }

    mutating func change(standing new: Standing) {
        guard new != standing else { return }
        standing = new
        emit(.standing(new))
    }

    private mutating func finish() -> [ReplicaEffect] {
        // Peers hear before this disk is asked to write, so that theirs work at the same time.
        for (peer, items) in outbox.take() {
            emit(.send(RegisterFrame(sender: id, life: store.life, commit: durable, items: items), to: peer))
        }
        if let commit = beginCommit() { emit(.commit(commit)) }
        var out: [ReplicaEffect] = []
        swap(&out, &effects)
        return out
    }

    private mutating func beginCommit() -> StoreCommit? {
        guard !ahead.isWriting, !ahead.isEmpty, writesAgain <= now else { return nil }
        // A store that was set back has that to write.
        if case .rolledBack = standing { return ahead.begin() }
        // It stays full until a commit is there.
        guard votes || standing == .full else { return nil }
        let fresh = witnessing.takeUnwritten()
        if !fresh.isEmpty { ahead.put(fresh) }
        return ahead.begin()
    }
}
