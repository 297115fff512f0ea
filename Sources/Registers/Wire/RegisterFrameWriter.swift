import MessagePack
import World

/// Writes the items of a frame, and notes whom they name.
struct RegisterFrameWriter {
    private(set) var proposers: ProposerTable
    private(set) var items: MessagePackWriter

    init(sender: StoreID, life: UInt64, capacity: Int) {
        proposers = ProposerTable(sender: FrameProposer(store: sender, life: life))
        items = MessagePackWriter(capacity: capacity)
    }

    mutating func pack(_ item: RegisterItem) {
        switch item {
        case .request(let request): pack(request)
        case .shardRequest(let request): pack(request)
        case .answer(let answer): pack(answer)
        case .witnessQuestion: begin(.witnessQuestion)
        case .witnessAnswer(let commit):
            begin(.witnessAnswer)
            items.pack(commit)
        case .carriedQuestion(let carried):
            begin(.carriedQuestion)
            pack(carried)
        case .carriedAnswer(let carried):
            begin(.carriedAnswer)
            pack(carried)
        }
    }

    private mutating func pack(_ carried: CarriedShards) {
        items.pack(carried.epoch)
        items.packBinary(carried.bits)
        items.pack(carried.registers)
    }

    private mutating func begin(_ kind: RegisterItemKind) {
        items.packArrayHeader(kind.fieldCount)
        items.pack(kind.rawValue)
    }
}

// MARK: - Items

extension RegisterFrameWriter {
    private mutating func pack(_ request: RegisterRequest) {
        func begin(_ kind: RegisterItemKind) {
            self.begin(kind)
            items.pack(request.round)
            items.pack(request.epoch)
            pack(request.key)
            pack(request.ballot)
        }
        switch request.action {
        case .prepare: begin(.prepare)
        case .accept(let delta, let next, let isRepeated):
            precondition(delta.ballot == request.ballot, "an accept of \(request.ballot) proposes a change under \(delta.ballot)")
            begin(isRepeated ? .acceptAgain : .accept)
            pack(next)
            pack(delta.base)
            pack(delta.state)
            pack(delta.rows)
        case .confirm: begin(.confirm)
        case .fetch(let after, let start):
            begin(.fetch)
            items.pack(after)
            items.packBinary(start)
        }
    }

    private mutating func pack(_ request: ShardRequest) {
        func begin(_ kind: RegisterItemKind) {
            self.begin(kind)
            items.pack(request.round)
            items.pack(request.epoch)
            items.pack(UInt64(request.shard))
        }
        switch request.action {
        case .horizon(let hour, let step):
            begin(.horizon)
            items.pack(hour.number)
            items.pack(step.rawValue)
        case .list(let key):
            begin(.list)
            packOptional(key, fields: 2) { $0.pack($1) }
        case .inherit(let closed, let freed):
            begin(.inherit)
            items.pack(closed.number)
            pack(freed)
        }
    }

    private mutating func pack(_ answer: RegisterAnswer) {
        func begin(_ kind: RegisterItemKind) {
            self.begin(kind)
            items.pack(answer.round)
        }
        switch answer.body {
        case .promised(let base, let pending, let closed):
            begin(.promised)
            pack(base)
            packOptional(pending, fields: 3) { $0.pack($1) }
            pack(closed)
        case .accepted: begin(.accepted)
        case .confirmed: begin(.confirmed)
        case .outbid(let ballot):
            begin(.outbid)
            pack(ballot)
        case .behind(let version):
            begin(.behind)
            pack(version)
        case .piece(let piece):
            begin(.piece)
            pack(piece)
        case .wrongEpoch(let epoch):
            begin(.wrongEpoch)
            items.pack(epoch)
        case .closed(let hour):
            begin(.closed)
            items.pack(hour.number)
        case .unable: begin(.unable)
        case .horizon(let key):
            begin(.horizonDone)
            packOptional(key, fields: 2) { $0.pack($1) }
        case .listed(let listing):
            begin(.listed)
            items.packArrayHeader(listing.keys.count * 2)
            for key in listing.keys { pack(key) }
            items.pack(listing.isLast)
            pack(listing.closed)
            pack(listing.freed)
        }
    }

    private mutating func pack(_ piece: RegisterPiece) {
        pack(piece.version)
        pack(piece.state)
        packOptional(piece.pending, fields: RegisterFrameReader.fieldsOfDelta) { writer, delta in
            writer.pack(delta.ballot)
            writer.pack(delta.base)
            writer.pack(delta.state)
            writer.pack(delta.rows)
        }
        items.packArrayHeader(piece.rows.count * 3)
        for row in piece.rows {
            items.packBinary(row.key)
            packOptional(row.value)
            items.pack(row.changed)
        }
        packOptional(piece.next)
    }
}

// MARK: - Parts

extension RegisterFrameWriter {
    private mutating func pack(_ ballot: Ballot) {
        items.pack(ballot.counter)
        items.pack(proposers.number(of: FrameProposer(store: ballot.store, life: ballot.life)))
    }

    private mutating func pack(_ version: RegisterVersion) {
        items.pack(version.number)
        pack(version.ballot)
    }

    private mutating func pack(_ key: RegisterKey) {
        items.packBinary(key.bytes)
        pack(key.hour)
    }

    private mutating func pack(_ state: RegisterState) {
        items.packBinary(state.bytes)
        state.course.pack(into: &items)
    }

    private mutating func pack(_ rows: [RegisterRow]) {
        items.packArrayHeader(rows.count * 2)
        for row in rows {
            items.packBinary(row.key)
            packOptional(row.value)
        }
    }

    private mutating func pack(_ hour: CreationHour?) {
        if let hour { items.pack(hour.number) } else { items.packNil() }
    }

    private mutating func packOptional(_ bytes: [UInt8]?) {
        if let bytes { items.packBinary(bytes) } else { items.packNil() }
    }

    /// An array of what `body` writes, or nil.
    private mutating func packOptional<T>(_ value: T?, fields: Int, _ body: (inout Self, T) -> Void) {
        guard let value else { return items.packNil() }
        items.packArrayHeader(fields)
        body(&self, value)
    }
}
