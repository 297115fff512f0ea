import World

extension RegisterFrameReader {
    mutating func readItem() throws(RegisterFormatError) -> RegisterItem {
        let fields = try readCount()
        let number = try readUInt64()
        guard let kind = UInt8(exactly: number).flatMap(RegisterItemKind.init) else {
            throw .unknownNumber(of: .kind, found: number)
        }
        try check(fields, of: .item, are: kind.fieldCount)
        switch kind {
        case .prepare, .accept, .acceptAgain, .confirm, .fetch: return .request(try readRequest(kind))
        case .horizon, .list, .inherit: return .shardRequest(try readShardRequest(kind))
        case .witnessQuestion: return .witnessQuestion
        case .witnessAnswer: return .witnessAnswer(try readCounter(.witnessed))
        case .carriedQuestion: return .carriedQuestion(try readCarried())
        case .carriedAnswer: return .carriedAnswer(try readCarried())
        default:
            let round = try readCounter(.round)
            return .answer(RegisterAnswer(round: round, body: try readAnswer(kind)))
        }
    }

    private mutating func readRequest(_ kind: RegisterItemKind) throws(RegisterFormatError) -> RegisterRequest {
        let round = try readCounter(.round)
        let epoch = try readCounter(.epoch)
        let key = try readKey()
        let ballot = try readBallot()
        let action: RegisterRequest.Action
        switch kind {
        case .accept, .acceptAgain:
            let next = try readBallot()
            action = .accept(try readDelta(under: ballot), next: next, isRepeated: kind == .acceptAgain)
        case .confirm: action = .confirm
        case .fetch:
            let after = try readCounter(.after)
            action = .fetch(after: after, from: Array(try readBytes(.start, limit: RegisterLimits.rowKeyBytes)))
        default: action = .prepare
        }
        return RegisterRequest(round: round, epoch: epoch, key: key, ballot: ballot, action: action)
    }

    private mutating func readShardRequest(_ kind: RegisterItemKind) throws(RegisterFormatError) -> ShardRequest {
        let round = try readCounter(.round)
        let epoch = try readCounter(.epoch)
        let number = try readUInt64()
        guard number <= UInt64(Shard.configuration) else { throw .unknownNumber(of: .shard, found: number) }
        let action: ShardRequest.Action
        switch kind {
        case .horizon:
            let hour = try readHour()
            action = .horizon(hour: hour, step: try readStep())
        case .inherit:
            let closed = try readHour()
            action = .inherit(closed: closed, freed: try readOptionalHour())
        default: action = .list(after: try readOptionalKey())
        }
        return ShardRequest(round: round, epoch: epoch, shard: Int(number), action: action)
    }

    private mutating func readAnswer(_ kind: RegisterItemKind) throws(RegisterFormatError) -> RegisterAnswer.Body {
        switch kind {
        case .promised:
            let base = try readVersion()
            let pending = try readPendingVersion()
            return .promised(base: base, pending: pending, closed: try readOptionalHour())
        case .accepted: return .accepted
        case .confirmed: return .confirmed
        case .outbid: return .outbid(try readBallot())
        case .behind: return .behind(try readVersion())
        case .piece: return .piece(try readPiece())
        case .wrongEpoch: return .wrongEpoch(try readCounter(.epoch))
        case .closed: return .closed(try readHour())
        case .horizonDone: return .horizon(inTheWay: try readOptionalKey())
        case .listed: return .listed(try readListing())
        default: return .unable
        }
    }

    private mutating func readStep() throws(RegisterFormatError) -> HorizonStep {
        let number = try readUInt64()
        guard let step = UInt8(exactly: number).flatMap(HorizonStep.init) else { throw .unknownNumber(of: .step, found: number) }
        return step
    }

    private mutating func readPendingVersion() throws(RegisterFormatError) -> RegisterVersion? {
        if try readNilIfPresent() { return nil }
        try check(try readCount(), of: .number, are: 3)
        return try readVersion()
    }

    private mutating func readListing() throws(RegisterFormatError) -> ShardListing {
        let fields = try readCount()
        try check(fields / 2, of: .listing, limit: RegisterLimits.listedKeys)
        try check(fields, of: .listing, are: fields / 2 * 2)
        var keys: [RegisterKey] = []
        for index in 0..<fields / 2 {
            let key = try readKey()
            if let last = keys.last, !(last < key) { throw .unsorted(.listing, index: index) }
            keys.append(key)
        }
        let isLast = try readBool()
        let closed = try readOptionalHour()
        return ShardListing(keys: keys, isLast: isLast, closed: closed, freed: try readOptionalHour())
    }

    private mutating func readCarried() throws(RegisterFormatError) -> CarriedShards {
        let epoch = try readCounter(.epoch)
        let bits = try readBytes(.shard, least: CarriedShards.bytes, limit: CarriedShards.bytes)
        return CarriedShards(epoch: epoch, bits: bits, registers: try readCounter(.number))
    }

    private mutating func readOptionalHour() throws(RegisterFormatError) -> CreationHour? {
        try readNilIfPresent() ? nil : try readHour()
    }

    private mutating func readOptionalKey() throws(RegisterFormatError) -> RegisterKey? {
        if try readNilIfPresent() { return nil }
        try check(try readCount(), of: .key, are: 2)
        return try readKey()
    }

    private mutating func readPiece() throws(RegisterFormatError) -> RegisterPiece {
        let version = try readVersion()
        let state = try readState()
        var pending: RegisterDelta?
        if !(try readNilIfPresent()) {
            try check(try readCount(), of: .delta, are: Self.fieldsOfDelta)
            let ballot = try readBallot()
            pending = try readDelta(under: ballot)
        }
        let (rows, next) = try readStoredRows()
        return RegisterPiece(version: version, state: state, pending: pending, rows: rows, next: next)
    }
}
