import Registers
import World

/// One replica on a store in memory. Its two peers are the test, which makes their frames by hand and sees all that is said to
/// them.
final class LoneReplica {
    /// Adds each command's bytes to the state, and answers with it. The command `end` ends the work. The kind `held` only holds something.
    private struct Sum: RegisterMachine {
        /// `note` and an hour remembers that as a durable actor would, and as another machine; `passed` answers with the hour that has passed
        /// everywhere, and `schema` with the active schema.
        func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
            if command.starts(with: "note".utf8) {
                for kind in [RegisterView.Kind.inbox, .ofWork] { view[kind, Array(command.dropFirst(4))] = [1] }
            } else if command == Array("passed".utf8) {
                return view.circumstances.passed.map { hour in withUnsafeBytes(of: hour.number.bigEndian) { Array($0) } } ?? []
            } else if command == Array("schema".utf8) {
                return [UInt8(clamping: view.circumstances.schema)]
            } else if command == Array("end".utf8) {
                view.finish()
            } else {
                view.state += command
            }
            return view.state
        }

        func hour(of row: StoredRow, in key: RegisterKey) -> CreationHour? {
            row.key.first == 3 || row.key.first == 8 ? CreationHour(number: row.key.dropFirst().reduce(0) { $0 << 8 | UInt32($1) }) : nil
        }

        /// Of the query 0 it knows nothing; to one with two bytes the answer has 1,024 times as many as the second says.
        func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
            if query == [0] { throw MachineRefusal("it does not take the query 0") }
            return query.count == 2 ? Array(repeating: 0, count: Int(query[1]) << 10) : view.state
        }

        func isListed(_ key: RegisterKey) -> Bool { !key.bytes.starts(with: "held/".utf8) }
    }

    struct Sent: Equatable {
        let peer: StoreID
        let commit: UInt64
        let item: RegisterItem
    }

    static let own = Sample.store(1), second = Sample.store(2), third = Sample.store(3)

    private(set) var store: MemoryStore
    private var replica: Replica
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var wall: WallTime
    /// Commits are done as soon as they are wanted; else the test says when.
    var writesAtOnce = true
    private(set) var commits = 0
    private(set) var sent: [Sent] = []
    private(set) var answers: [UInt64: Result<[UInt8], RegisterError>] = [:]
    private(set) var attended: [RegisterKey] = []
    private(set) var rested: [RegisterKey] = []
    private var lastToken: UInt64 = 0

    init(
        _ disk: MemoryDisk = MemoryDisk(id: LoneReplica.own), replicas: [StoreID] = [own, second, third],
        map: ReplicaMap? = nil, configuration: ReplicaConfiguration = .init(),
        wall: WallTime = WallTime(millisecondsSince1970: 1_800_000_000_000)
    ) {
        self.wall = wall
        store = MemoryStore(disk)
        replica = Replica(
            store: store, map: map ?? ReplicaMap(epoch: 1, replicas: Array(repeating: replicas, count: Shard.count)), machine: Sum(),
            configuration: configuration, random: RandomStream(seed: 1), now: now, wall: wall)
        give(.tick)
    }

    /// A replica that votes: both peers live and have heard of nothing.
    static func voting(_ configuration: ReplicaConfiguration = .init(), replicas: [StoreID] = [own, second, third]) -> LoneReplica {
        let replica = LoneReplica(replicas: replicas, configuration: configuration)
        replica.give(.seen(live: [own, second, third], gone: []))
        for peer in [second, third] { replica.hear(.witnessAnswer(0), from: peer) }
        _ = replica.takeSent()
        replica.commits = 0
        return replica
    }

    var standing: Standing { replica.standing }

    // MARK: What happens to it

    /// All of it in one turn.
    func give(_ inputs: ReplicaInput...) { give(inputs) }

    private func give(_ inputs: [ReplicaInput]) {
        for effect in replica.handle(inputs, now: now, wall: wall) {
            switch effect {
            case .send(let frame, let peer): sent += frame.items.map { Sent(peer: peer, commit: frame.commit, item: $0) }
            case .commit(let commit):
                commits += 1
                store.begin(commit)
                if writesAtOnce { write() }
            case .answer(let token, let result): answers[token] = result
            case .attend(let key): attended.append(key)
            case .rests(let key): rested.append(key)
            case .standing, .rescanned, .heldUp: break
            }
        }
    }

    /// The commit that is being written is durable.
    func write() {
        store.finish()
        give(.committed)
    }

    func hear(_ items: RegisterItem..., from peer: StoreID, commit: UInt64 = 0) {
        give(.frame(RegisterFrame(sender: peer, life: 1, commit: commit, items: items)))
    }

    /// Answers a request that this replica has sent.
    func answer(_ request: RegisterRequest?, _ body: RegisterAnswer.Body, from peer: StoreID) {
        if let request { answer(round: request.round, body, from: peer) }
    }

    func answer(round: UInt64, _ body: RegisterAnswer.Body, from peer: StoreID) {
        hear(.answer(RegisterAnswer(round: round, body: body)), from: peer)
    }

    /// Asks as a peer does; the round is its number for the answer.
    func ask(
        _ action: RegisterRequest.Action, _ ballot: Ballot = .zero, of key: RegisterKey, round: UInt64 = 77,
        from peer: StoreID = second, epoch: UInt64 = 1
    ) {
        hear(.request(RegisterRequest(round: round, epoch: epoch, key: key, ballot: ballot, action: action)), from: peer)
    }

    func accept(_ change: RegisterDelta, isRepeated: Bool = false, of key: RegisterKey, round: UInt64 = 77, from peer: StoreID = second) {
        ask(.accept(change, next: change.ballot, isRepeated: isRepeated), change.ballot, of: key, round: round, from: peer)
    }

    func ask(_ action: ShardRequest.Action, ofShard shard: Int, round: UInt64 = 77, from peer: StoreID = second) {
        hear(.shardRequest(ShardRequest(round: round, epoch: 1, shard: shard, action: action)), from: peer)
    }

    /// Wishes several changes of one register in one turn.
    func wish(_ commands: [[UInt8]], of key: RegisterKey) -> [UInt64] {
        let wishes = commands.map { command in
            lastToken += 1
            return RegisterWish(token: lastToken, key: key, action: .change(operation: nil, command: command), deadline: now + .seconds(5))
        }
        give(wishes.map { .wish($0) })
        return wishes.map(\.token)
    }

    @discardableResult
    func wish(_ action: RegisterWish.Action, of key: RegisterKey, within limit: Duration = .seconds(5)) -> UInt64 {
        lastToken += 1
        give(.wish(RegisterWish(token: lastToken, key: key, action: action, deadline: now + limit)))
        return lastToken
    }

    /// What the replica names of a list in one turn; nil when it refuses.
    func list(_ listing: RegisterListing) throws -> RegisterPage? {
        lastToken += 1
        give(.list(listing, token: lastToken))
        guard case .success(let bytes) = answers[lastToken] else { return nil }
        return try RegisterPage(unpacking: bytes)
    }

    func wait(_ time: Duration) {
        now = now + time
        wall = WallTime(nanosecondsSince1970: wall.nanosecondsSince1970 + time.nanoseconds)
        give(.tick)
    }

    // MARK: What it said

    /// All that was said since the last time, in order.
    func takeSent() -> [Sent] {
        defer { sent = [] }
        return sent
    }

    func takeRequests(to peer: StoreID) -> [RegisterRequest] {
        takeSent().compactMap { word in
            if case .request(let request) = word.item, word.peer == peer { request } else { nil }
        }
    }

    /// What peers were answered, in order.
    func takeAnswers(round: UInt64 = 77) -> [RegisterAnswer.Body] {
        takeSent().compactMap { word in
            if case .answer(let answer) = word.item, answer.round == round { answer.body } else { nil }
        }
    }

    // MARK: What it has

    func record(of key: RegisterKey) -> RegisterRecord? { store.record(of: key) }

    func rows(of key: RegisterKey) -> [StoredRow] {
        store.rows(of: key, from: [], changedAfter: 0, within: RowBound(rows: .max, bytes: .max)).rows
    }
}
