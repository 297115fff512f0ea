import Choreography
import MessagePack
import Registers
import World

/// What is known of a key.
struct IdempotencyRow {
    /// The digest of the request that came first.
    let request: [UInt8]
    let seed: WorkID
    /// When, by the wall clock of the home; milliseconds since 1970.
    let firstMs: Int64
    /// Nil until one was handed in.
    var answer: [UInt8]?
}

extension IdempotencyRow: Packable {
    func pack(into writer: inout MessagePackWriter) {
        writer.packBinary(request)
        writer.packBinary(seed.bytes)
        writer.pack(firstMs)
        if let answer { writer.packBinary(answer) } else { writer.packNil() }
    }

    init(from reader: inout MessagePackReader) throws {
        request = Array(try reader.readBinary(maxBytes: IdempotencyName.byteCount))
        seed = try reader.readSeed()
        firstMs = try reader.readInt64()
        answer = try reader.readNilIfPresent() ? nil : Array(try reader.readBinary(maxBytes: RegisterLimits.rowBytes))
    }
}

/// The hours that have rows in a register, the newest first: its state.
struct IdempotencyHours {
    /// What is remembered at most. Older rows go with their hours, and are found no more.
    private static let most = 1_024
    /// The hours into which a row may have been written that is still kept.
    private static let reach: UInt32 = 25

    private struct Hour {
        let number: UInt32
        var rows: UInt32
        var bytes: UInt64
    }

    private var hours: [Hour] = []

    init(_ state: [UInt8]) throws {
        guard !state.isEmpty else { return }
        self = try Self(packed: state)
    }

    /// Those that may have a row of a key that is kept now.
    func since(_ now: WallTime) -> [CreationHour] {
        let number = CreationHour(now).number, oldest = number - min(number, Self.reach)
        return hours.lazy.filter { $0.number >= oldest }.map { CreationHour(number: $0.number) }
    }

    /// Drops those whose rows go.
    mutating func forget(upTo passed: CreationHour?) {
        if let passed { hours.removeAll { $0.number <= passed.number } }
        if hours.count > Self.most { hours.removeLast(hours.count - Self.most) }
    }

    /// Counts a row. False when there is no room for it.
    mutating func add(to hour: CreationHour) -> Bool {
        guard let index = hours.firstIndex(where: { $0.number <= hour.number }) else {
            hours.append(Hour(number: hour.number, rows: 1, bytes: 0))
            return true
        }
        guard hours[index].number == hour.number else {
            hours.insert(Hour(number: hour.number, rows: 1, bytes: 0), at: index)
            return true
        }
        guard hours[index].rows < IdempotencyMachine.hourRows, hours[index].bytes < IdempotencyMachine.hourBytes else { return false }
        hours[index].rows += 1
        return true
    }

    /// Counts an answer.
    mutating func note(_ bytes: Int, in hour: CreationHour) {
        if let index = hours.firstIndex(where: { $0.number == hour.number }) { hours[index].bytes += UInt64(bytes) }
    }
}

extension IdempotencyHours: Packable {
    func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader(3 * hours.count)
        for hour in hours {
            writer.pack(hour.number)
            writer.pack(hour.rows)
            writer.pack(hour.bytes)
        }
    }

    init(from reader: inout MessagePackReader) throws {
        for _ in 0..<(try reader.readArrayHeader(max: 3 * (Self.most + 1)) / 3) {
            hours.append(Hour(number: try reader.readInt(), rows: try reader.readInt(), bytes: try reader.readUInt64()))
        }
    }
}

extension MessagePackReader {
    /// An id of work.
    mutating func readSeed() throws -> WorkID {
        guard let id = WorkID(bytes: try readBinary(maxBytes: 16)) else { throw MachineRefusal("a seed is no id of work") }
        return id
    }
}
