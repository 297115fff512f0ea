import MessagePack
import World

/// A record as the store keeps it, in MessagePack: the fields one after the other, without names. Layout version 1.
extension RegisterRecord {
    func pack(into writer: inout MessagePackWriter) {
        promise.pack(into: &writer)
        base.pack(into: &writer)
        state.pack(into: &writer)
        writer.pack(isCatchingUp)
        guard let pending else { return writer.packNil() }
        writer.pack(true)
        pending.base.pack(into: &writer)
        pending.ballot.pack(into: &writer)
        pending.state.pack(into: &writer)
        writer.packArrayHeader(pending.rows.count)
        for row in pending.rows {
            writer.packBinary(row.key)
            if let value = row.value { writer.packBinary(value) } else { writer.packNil() }
        }
    }

    init(from reader: inout MessagePackReader) throws(MessagePackError) {
        promise = try Ballot(from: &reader)
        base = try RegisterVersion(from: &reader)
        state = try RegisterState(from: &reader)
        isCatchingUp = try reader.readBool()
        pending = nil
        if try reader.readNilIfPresent() {
            try reader.expectEnd()
            return
        }
        _ = try reader.readBool()
        let base = try RegisterVersion(from: &reader), ballot = try Ballot(from: &reader)
        let state = try RegisterState(from: &reader)
        var rows: [RegisterRow] = []
        for _ in 0..<(try reader.readArrayHeader()) {
            let key = Array(try reader.readBinary())
            rows.append(RegisterRow(key: key, value: try reader.readNilIfPresent() ? nil : Array(reader.readBinary())))
        }
        pending = RegisterDelta(base: base, ballot: ballot, state: state, rows: rows)
        try reader.expectEnd()
    }
}

extension Ballot {
    fileprivate func pack(into writer: inout MessagePackWriter) {
        writer.pack(counter)
        writer.pack(store.high)
        writer.pack(store.low)
        writer.pack(life)
    }

    fileprivate init(from reader: inout MessagePackReader) throws(MessagePackError) {
        let counter = try reader.readUInt64(), high = try reader.readUInt64(), low = try reader.readUInt64()
        self.init(counter: counter, store: StoreID(high: high, low: low), life: try reader.readUInt64())
    }
}

extension RegisterVersion {
    fileprivate func pack(into writer: inout MessagePackWriter) {
        writer.pack(number)
        ballot.pack(into: &writer)
    }

    fileprivate init(from reader: inout MessagePackReader) throws(MessagePackError) {
        let number = try reader.readUInt64()
        self.init(number: number, ballot: try Ballot(from: &reader))
    }
}

extension RegisterState {
    fileprivate func pack(into writer: inout MessagePackWriter) {
        writer.packBinary(bytes)
        course.pack(into: &writer)
    }

    fileprivate init(from reader: inout MessagePackReader) throws(MessagePackError) {
        let bytes = Array(try reader.readBinary())
        self.init(bytes: bytes, course: try RegisterCourse(from: &reader))
    }
}
