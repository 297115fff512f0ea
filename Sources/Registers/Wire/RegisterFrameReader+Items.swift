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
        case .prepare, .accept, .confirm, .fetch, .horizon: return .request(try readRequest(kind))
        case .witnessQuestion: return .witnessQuestion
        case .witnessAnswer: return .witnessAnswer(try readCounter(.witnessed))
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
        case .accept:
            let next = try readBallot()
            action = .accept(try readDelta(under: ballot), next: next)
        case .confirm: action = .confirm
        case .fetch:
            let after = try readCounter(.after)
            action = .fetch(after: after, from: Array(try readBytes(.start, limit: RegisterLimits.rowKeyBytes)))
        case .horizon:
            let hour = try readHour()
            action = .horizon(hour: hour, step: try readStep())
        default: action = .prepare
        }
        return RegisterRequest(round: round, epoch: epoch, key: key, ballot: ballot, action: action)
    }

    private mutating func readAnswer(_ kind: RegisterItemKind) throws(RegisterFormatError) -> RegisterAnswer.Body {
        switch kind {
        case .promised:
            let base = try readVersion()
            return .promised(base: base, pending: try readPendingVersion())
        case .accepted: return .accepted
        case .confirmed: return .confirmed
        case .outbid: return .outbid(try readBallot())
        case .behind: return .behind(try readVersion())
        case .piece: return .piece(try readPiece())
        case .wrongEpoch: return .wrongEpoch(try readCounter(.epoch))
        case .closed: return .closed(try readHour())
        case .horizonDone: return .horizon(inTheWay: try readKeyInTheWay())
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

    private mutating func readKeyInTheWay() throws(RegisterFormatError) -> RegisterKey? {
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
