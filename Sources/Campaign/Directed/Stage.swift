import Jobs
import Registers
import World

/// A few replicas on which a script decides everything: who hears whom, whose commit gets done, who dies and with what on its disk.
///
/// Time stands still but for ``wait(_:)``. Frames that the script does not let through are lost, unless it keeps them in the air.
final class Stage {
    /// One replica with its disk. Numbered from 1, as in the scripts.
    private final class Player {
        var disk: MemoryDisk
        var store: MemoryStore?
        var replica: Replica?
        /// The configuration that it goes by.
        var map: ReplicaMap

        init(disk: MemoryDisk, map: ReplicaMap) {
            self.disk = disk
            self.map = map
        }
    }

    struct Frame {
        let from: Int
        let to: Int
        let bytes: [UInt8]
    }

    typealias Passes = (_ from: Int, _ to: Int) -> Bool

    static let key = RegisterKey("tally/directed")!

    private let mutations: Set<Mutation>
    private let machine: any RegisterMachine
    private var players: [Player]
    private var configuration = ReplicaConfiguration()
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var wall = WallTime(millisecondsSince1970: 1_800_000_000_000)
    private var inFlight: [Frame] = []
    private var random = RandomStream(seed: 4)
    private var tokens: [UInt64: [UInt8]?] = [:]
    private var lastToken: UInt64 = 0
    private var lastOperation: UInt64 = 0

    /// Frames that the script keeps for later.
    private var inTheAir: [Frame] = []
    /// What passes; nothing else does.
    var passes: Passes = { _, _ in true }
    /// What is kept in the air instead of being lost.
    var isHeld: Passes = { _, _ in false }
    /// Whose commits are never done.
    var stalled: Set<Int> = []
    /// The joint epoch in which everything was carried over.
    private var carriedEpoch: UInt64 = 0
    private(set) var acknowledged: Set<[UInt8]> = []
    private(set) var answers: [UInt64: Result<[UInt8], RegisterError>] = [:]

    /// Edges are tasks that live outside of all players.
    private let tasks = Tasks(seed: 4)
    private var lastCall: UInt64 = 0
    /// The wishes of tasks, by token.
    private var wishes: [UInt64: UInt64] = [:]
    /// Which player edges ask for a register.
    var home: (RegisterKey) -> Int = { _ in 1 }
    /// What users were told, by their calls.
    private(set) var told: [UInt64: EdgeAnswer] = [:]

    init(stores count: Int, mutations: Set<Mutation>, retention: Duration? = nil, machine: any RegisterMachine = TallyMachine()) {
        self.mutations = mutations
        self.machine = machine
        configuration.retention = retention
        configuration.horizonInterval = .seconds(30)
        let ids = (1...count).map { StoreID(high: UInt64($0) << 60, low: UInt64($0)) }
        var map = ReplicaMap(replicas: Array(repeating: Array(ids.prefix(3)), count: Shard.count))
        players = ids.map { Player(disk: MemoryDisk(id: $0), map: map) }
        if count > 3 {
            // All stores hold something, so that the ring knows them; the key's shard has the first three that the ring would give.
            let turn = Self.key.shard % count
            let ring = (0..<count).map { ids[($0 + turn) % count] }
            var lists = (0..<Shard.count).map { shard in (0..<3).map { ids[($0 + shard) % count] } }
            lists[Self.key.shard] = Array(ring.prefix(3))
            map = ReplicaMap(replicas: lists)
            players = ring.map { Player(disk: MemoryDisk(id: $0), map: map) }
        }
        for number in 1...count { start(number) }
        for number in 1...count { see(number, Array(1...count)) }
        settle()
    }

    // MARK: Life and death

    func start(_ number: Int) {
        let player = players[number - 1]
        let store = MemoryStore(player.disk)
        player.store = store
        player.replica = Replica(
            store: store, map: player.map, machine: machine, configuration: configuration,
            random: RandomStream(seed: UInt64(number)), mutations: mutations, now: now, wall: wall)
        give(number, .tick)
    }

    /// The power fails: a commit that was being written is lost.
    func kill(_ number: Int) {
        let player = players[number - 1]
        if let store = player.store { player.disk = store.cut(keepsPending: false) }
        player.store = nil
        player.replica = nil
    }

    /// A copy of a disk that is in use.
    func copy(of number: Int) -> MemoryDisk { players[number - 1].store?.disk ?? players[number - 1].disk }

    /// Puts another disk in, of a player that does not run.
    func replaceDisk(of number: Int, by disk: MemoryDisk) { players[number - 1].disk = disk }

    /// The disk of a player that does not run is wiped. A new disk is a new store, but for the mutation.
    func wipe(_ number: Int) {
        let old = players[number - 1].disk.id
        let isOld = mutations.contains(.wipedDiskVotes)
        players[number - 1].disk = MemoryDisk(id: isOld ? old : StoreID(high: .max, low: old.low))
    }

    // MARK: Reconfiguration

    /// Begins to replace a store of the key's shard by another, in the sight of these players.
    func beginToReplace(_ old: Int, by new: Int, at numbers: [Int]) {
        let map = players[numbers[0] - 1].map, ids = (old: players[old - 1].disk.id, new: players[new - 1].disk.id)
        var lists = (0..<Shard.count).map { map.electorate(of: $0).members }
        lists[Self.key.shard] = lists[Self.key.shard].map { $0 == ids.old ? ids.new : $0 }
        adopt(map.joint(with: lists, keepers: map.electorate(of: Shard.configuration).members, mutations: mutations), at: numbers)
    }

    /// Waits until everything was carried over, but not for ever.
    func waitUntilCarried() {
        let epoch = players.map(\.map.epoch).max() ?? 0, end = now + .seconds(20)
        while now < end && carriedEpoch < epoch { wait(.milliseconds(50)) }
    }

    /// Ends it, in the sight of these players, when everything was carried over.
    func endReplacing(at numbers: [Int]) {
        let map = players[numbers[0] - 1].map
        guard map.isJoint else { return }
        waitUntilCarried()
        if carriedEpoch == map.epoch { adopt(map.settled(), at: numbers) }
    }

    /// Tells a player of the newest configuration that anybody goes by.
    func adoptNewest(at number: Int) {
        if let newest = players.map(\.map).max(by: { $0.epoch < $1.epoch }) { adopt(newest, at: [number]) }
    }

    private func adopt(_ map: ReplicaMap, at numbers: [Int]) {
        for number in numbers {
            players[number - 1].map = map
            give(number, .map(map))
        }
        settle()
    }

    /// What gossip tells a player of who lives; it says of the others that they are gone.
    func see(_ number: Int, _ living: [Int]) {
        let stores = players.map(\.disk.id)
        give(number, .seen(live: living.map { stores[$0 - 1] }, gone: stores))
    }

    // MARK: Wishes

    /// Adds an id at a player. The same id is the same operation, unless `anew`.
    @discardableResult
    func add(_ id: String, at number: Int, within limit: Duration = .seconds(5), operation: WorkID? = nil) -> UInt64 {
        lastToken += 1
        let operation = operation ?? self.operation()
        tokens[lastToken] = .some(Array(id.utf8))
        give(
            number,
            .wish(
                RegisterWish(
                    token: lastToken, key: Self.key, action: .change(operation: operation, command: Array(id.utf8)),
                    deadline: now + limit)))
        return lastToken
    }

    func operation() -> WorkID {
        lastOperation += 1
        return WorkID(milliseconds: UInt64(wall.millisecondsSince1970), randomA: 0, randomB: lastOperation)
    }

    /// Reads at a player and lets everything happen that can. Nil when it was refused or did not end.
    func read(at number: Int, patience: Duration = .seconds(5)) -> [[UInt8]: Int]? {
        lastToken += 1
        let token = lastToken
        give(number, .wish(RegisterWish(token: token, key: Self.key, action: .read([]), deadline: now + patience)))
        settle()
        let end = now + patience + .seconds(1)
        while answers[token] == nil && now < end { wait(.milliseconds(50)) }
        guard case .success(let answer) = answers[token] else { return nil }
        return TallyMachine.tally(answer)
    }

    /// What is wrong with a read at this player, where a majority lives and may talk: so without an answer something is wrong as
    /// well. With a fault planted only a wrong answer counts, for that is what the schedule is to show.
    func complaint(readingAt number: Int) -> String? {
        if let tally = read(at: number) { return complaint(tally) }
        return mutations.isEmpty ? "a read at \(number) has got no answer, though a majority lives" : nil
    }

    /// The same where there is no majority to ask, so that the sound product has to refuse.
    func complaint(readingWithoutMajorityAt number: Int) -> String? {
        guard let tally = read(at: number) else { return nil }
        return complaint(tally) ?? (mutations.isEmpty ? "a read at \(number) was answered without a majority" : nil)
    }

    private func complaint(_ tally: [[UInt8]: Int]) -> String? {
        let lost = acknowledged.filter { tally[$0] == nil }.map { String(decoding: $0, as: UTF8.self) }.sorted()
        let twice = tally.filter { $0.value > 1 }.map { String(decoding: $0.key, as: UTF8.self) }.sorted()
        if !lost.isEmpty { return "acknowledged and gone: \(lost.joined(separator: ", "))" }
        if !twice.isEmpty { return "carried out twice: \(twice.joined(separator: ", "))" }
        return nil
    }

    // MARK: Edges

    /// A user asks an edge of its own.
    /// - Returns: by which ``told`` has the answer.
    @discardableResult
    func ask(_ request: EdgeRequest, key: String? = nil) -> UInt64 {
        lastCall += 1
        let world = tasks.world("edge \(lastCall)", mutations: mutations, wall: wall, at: now)
        NodeTasks(world, tasks.post, process: 0, limits: JobLimits(deadline: .seconds(600), runningJobs: 64))
            .take(EdgeCall(number: lastCall, request: request, key: key, patience: .seconds(5)))
        settle()
        return lastCall
    }

    private func hear(_ word: Post.Word) {
        switch word {
        case .wish(let wish):
            lastToken += 1
            wishes[lastToken] = wish.number
            let token = lastToken, number = home(wish.key)
            give(number, .wish(RegisterWish(token: token, key: wish.key, action: wish.action, deadline: now + wish.patience)))
        case .answered(let call, let answer): told[call] = answer
        case .worked: preconditionFailure("nobody works here")
        }
    }

    // MARK: What happens

    /// Everything that can happen without time passing.
    func settle() {
        for _ in 0..<10_000 {
            if !inFlight.isEmpty {
                deliver(inFlight.removeFirst())
            } else if let number = writing() {
                players[number - 1].store?.finish()
                give(number, .committed)
            } else {
                let letters = tasks.run(until: now)
                if letters.isEmpty { return }
                for letter in letters { hear(letter.word) }
            }
        }
        preconditionFailure("a stage does not come to rest")
    }

    /// Frames in the air arrive, those that the rules let through.
    func release() {
        inFlight += inTheAir
        inTheAir = []
        isHeld = { _, _ in false }
        settle()
    }

    /// Time passes, everywhere; the wall clocks too.
    func wait(_ duration: Duration) {
        let end = now + duration
        while now < end {
            let next = min(players.compactMap { player in player.replica?.nextDeadline }.min() ?? .distantFuture, tasks.next)
            let step = max(min(next, end), now + .milliseconds(1)) - now
            now = now + step
            wall = WallTime(nanosecondsSince1970: wall.nanosecondsSince1970 + step.nanoseconds)
            for number in 1...players.count { give(number, .tick) }
            settle()
        }
    }

    /// Time passes until a frame is kept in the air, or for `limit`.
    func waitForHeld(_ limit: Duration) {
        let end = now + limit
        while inTheAir.isEmpty && now < end { wait(.milliseconds(1)) }
    }

    private func writing() -> Int? {
        (1...players.count).first { !stalled.contains($0) && players[$0 - 1].store?.isWriting == true }
    }

    private func deliver(_ frame: Frame) {
        guard passes(frame.from, frame.to) else { return }
        if isHeld(frame.from, frame.to) { return inTheAir.append(frame) }
        guard let content = try? RegisterFrame(unpacking: frame.bytes) else {
            preconditionFailure("a replica sent a frame that is none")
        }
        give(frame.to, .frame(content))
    }

    private func give(_ number: Int, _ input: ReplicaInput) {
        let player = players[number - 1]
        guard let effects = player.replica?.handle(input, now: now, wall: wall) else { return }
        for effect in effects {
            switch effect {
            case .send(let frame, let peer):
                guard let to = players.firstIndex(where: { $0.disk.id == peer }) else { continue }
                inFlight.append(Frame(from: number, to: to + 1, bytes: frame.packed()))
            case .commit(let commit): player.store?.begin(commit)
            case .answer(let token, let result):
                answers[token] = result
                if let wish = wishes.removeValue(forKey: token) { tasks.post.answer(wish, result) }
                if case .success = result, case .some(.some(let id)) = tokens[token] { acknowledged.insert(id) }
            case .rescanned(let progress): if progress.isComplete { carriedEpoch = progress.epoch }
            case .standing, .heldUp, .attend, .rests: break
            }
        }
    }
}
