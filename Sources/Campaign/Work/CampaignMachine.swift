import Registers
import World

/// What clients of a campaign do to a register.
package enum Deed: Hashable, Sendable {
    /// Put an id into a set, with a row of so many bytes.
    case add(UInt64, bytes: Int)
    /// Take an id out again.
    case remove(UInt64)
    /// Look at the whole set.
    case readSet
    /// Set the value, and learn which one it replaced.
    case put(UInt64)
    case readValue
    /// End the work.
    case finish

    var isRead: Bool { self == .readSet || self == .readValue }

    /// Whether it is about a register with a value, not one with a set.
    var isOfValue: Bool {
        switch self {
        case .put, .readValue: true
        case .add, .remove, .readSet, .finish: false
        }
    }

    /// As a command, or a query.
    var bytes: [UInt8] {
        switch self {
        case .add(let id, let bytes): [1] + id.octets + UInt64(bytes).octets
        case .remove(let id): [2] + id.octets
        case .put(let value): [3] + value.octets
        case .finish: [4]
        case .readSet: [1]
        case .readValue: [2]
        }
    }
}

/// What a set shows: how much was done to it, and what is in it.
package struct SetReading: Hashable {
    /// How often an id was put in and taken out, whichever.
    package var adds: UInt64 = 0
    package var removes: UInt64 = 0
    /// The ids in it, sorted, and how often each was put in.
    package var ids: [(id: UInt64, times: UInt64)] = []

    package init() {}

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 16, bytes.count % 16 == 0, let words = bytes.words else { return nil }
        (adds, removes) = (words[0], words[1])
        for i in stride(from: 2, to: words.count, by: 2) { ids.append((words[i], words[i + 1])) }
    }

    package var bytes: [UInt8] { adds.octets + removes.octets + ids.flatMap { $0.id.octets + $0.times.octets } }

    package static func == (a: SetReading, b: SetReading) -> Bool { a.bytes == b.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// What a value register shows.
package struct ValueReading: Hashable {
    /// 0 before the first write.
    var value: UInt64
    /// How often it was written.
    var puts: UInt64
    /// The value once more, from a row: the same, unless state and rows are of different versions.
    var row: UInt64

    package init(value: UInt64, puts: UInt64, row: UInt64) {
        self.value = value
        self.puts = puts
        self.row = row
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 24, let words = bytes.words else { return nil }
        (value, puts, row) = (words[0], words[1], words[2])
    }

    package var bytes: [UInt8] { value.octets + puts.octets + row.octets }
}

/// The answer to a change: which change of the register it was, counted from 1, and what it found.
package struct ChangeAnswer: Hashable {
    var turn: UInt64
    /// Of a put, the value before; of a removal, how often the id was there.
    var found: UInt64

    package init(turn: UInt64, found: UInt64) {
        self.turn = turn
        self.found = found
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 16, let words = bytes.words else { return nil }
        (turn, found) = (words[0], words[1])
    }

    package var bytes: [UInt8] { turn.octets + found.octets }
}

/// Registers whose history can be judged by exact ids. What it does twice shows as twice: it relies on operation ids like any
/// machine.
struct CampaignMachine: RegisterMachine {
    private static let valueRow: [UInt8] = [0]

    func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        let words = Array(command.dropFirst()).words ?? []
        switch (command.first, words.count) {
        case (1, 2):
            var set = SetReading(view.state) ?? SetReading()
            let row = words[0].octets
            let times = (view[row: row]?.firstWord ?? 0) + 1
            view[row: row] = times.octets + Array(repeating: UInt8(truncatingIfNeeded: words[0]), count: Int(clamping: words[1]))
            set.adds += 1
            view.state = set.bytes
            return ChangeAnswer(turn: set.adds + set.removes, found: times).bytes
        case (2, 1):
            var set = SetReading(view.state) ?? SetReading()
            let row = words[0].octets
            let times = view[row: row]?.firstWord ?? 0
            view[row: row] = nil
            set.removes += 1
            view.state = set.bytes
            return ChangeAnswer(turn: set.adds + set.removes, found: times).bytes
        case (3, 1):
            let before = ValueReading(view.state) ?? ValueReading(value: 0, puts: 0, row: 0)
            view.state = ValueReading(value: words[0], puts: before.puts + 1, row: words[0]).bytes
            view[row: Self.valueRow] = words[0].octets
            return ChangeAnswer(turn: before.puts + 1, found: before.value).bytes
        case (4, 0):
            view.finish()
            return ChangeAnswer(turn: 0, found: 0).bytes
        default: throw MachineRefusal("no command of a campaign begins with \(command.prefix(1)) and has \(command.count) bytes")
        }
    }

    func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        if query == Deed.readValue.bytes {
            var reading = ValueReading(view.state) ?? ValueReading(value: 0, puts: 0, row: 0)
            reading.row = view[row: Self.valueRow]?.firstWord ?? 0
            return reading.bytes
        }
        var set = SetReading(view.state) ?? SetReading()
        set.ids = view.rows(limit: .max).map { ($0.key.firstWord ?? 0, $0.value.firstWord ?? 0) }
        return set.bytes
    }
}

extension UInt64 {
    /// The eight bytes, most significant first, so that they sort as the number does.
    var octets: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) } }
}

extension [UInt8] {
    /// As numbers of eight bytes; nil for a length that is no multiple of eight.
    var words: [UInt64]? {
        guard count % 8 == 0 else { return nil }
        return stride(from: 0, to: count, by: 8).map { at in self[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// The first number; nil when there are fewer than eight bytes.
    var firstWord: UInt64? { count < 8 ? nil : self[0..<8].reduce(0) { $0 << 8 | UInt64($1) } }
}
