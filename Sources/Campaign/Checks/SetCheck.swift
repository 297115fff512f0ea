import Registers
import World

// A set register is judged by exact ids. Every id is put in by one operation and taken out by at most one other, which begins only
// after the first was acknowledged; so for every read and every id there are three answers: it must be there, it must not, either
// is right. A register of work is freed when it has ended and its hour is old enough, and shows nothing from then on. An empty
// answer is that only when it can be: somebody may have ended the work, and the clocks of all replicas said that its time was over.
// Else it is a loss.

/// Judges the history of one set register.
package struct SetCheck {
    private struct Life {
        var add: Ledger.Operation
        var removal: Ledger.Operation?
        /// The end of the first read that showed it, and of the first that showed it gone after it was surely there.
        var seen = Int.max
        var seenGone = Int.max
    }

    private let key: RegisterKey
    private let operations: [Ledger.Operation]
    /// How long work is kept after its hour; nil for ever.
    private let retention: Duration?
    private var lives: [UInt64: Life] = [:]
    /// In the order in which they were first asked for.
    private var ids: [UInt64] = []
    private var found: [Violation] = []
    /// When it was first asked to end the work, of what may have been done, and the end of the first read that showed it freed.
    private var finish = Int.max
    private var freed = Int.max

    package static func judge(_ key: RegisterKey, _ operations: [Ledger.Operation], retention: Duration? = nil) -> [Violation] {
        var check = SetCheck(key, operations, retention)
        check.judgeReads()
        check.judgeChanges()
        return check.found + TurnCheck.judge(key, operations) + RepeatCheck.judge(operations)
    }

    private init(_ key: RegisterKey, _ operations: [Ledger.Operation], _ retention: Duration?) {
        self.key = key
        self.operations = operations
        self.retention = retention
        for operation in operations {
            switch operation.deed {
            case .add(let id, _):
                lives[id] = Life(add: operation)
                ids.append(id)
            case .remove(let id): lives[id]?.removal = operation
            case .finish: if !operation.isFailed { finish = min(finish, operation.invoked) }
            case .readSet, .readValue, .put: break
            }
        }
    }

    // MARK: Reads

    private mutating func judgeReads() {
        let reads = operations.filter { $0.deed == .readSet && $0.isAcknowledged }.sorted { $0.ended < $1.ended }
        for read in reads {
            guard let reading = SetReading(read.answer ?? []) else {
                add(.unreadable, "\(read.text), with \(read.answer?.count ?? 0) bytes that are no set")
                continue
            }
            if !isFreed(read, reading) { judge(read, reading) }
        }
    }

    /// Work that has ended is freed some day, and then shows nothing, for ever.
    private mutating func isFreed(_ read: Ledger.Operation, _ reading: SetReading) -> Bool {
        guard finish < read.ended, freed < read.invoked || mayBeFreed(by: read) else { return false }
        if reading == SetReading() {
            // Of work that nobody had surely begun it says nothing.
            guard ids.contains(where: { lives[$0].map { wasThere($0, before: read) } ?? false }) else { return false }
            freed = min(freed, read.ended)
            return true
        }
        if freed < read.invoked { add(.regress, "\(read.text), shows work that an earlier read had shown to be freed") }
        return false
    }

    /// Whether the hour of this work was over for as long as work is kept, by the clock of every replica, when the read ended.
    /// Where work is freed clocks only go forward, so what they show at the end is the latest that they have shown.
    private func mayBeFreed(by read: Ledger.Operation) -> Bool {
        guard let hour = key.hour, let retention, let clock = read.clock else { return false }
        return hour < CreationHour(WallTime(nanosecondsSince1970: clock.nanosecondsSince1970 - retention.nanoseconds))
    }

    private mutating func judge(_ read: Ledger.Operation, _ reading: SetReading) {
        let shown = Dictionary(reading.ids.map { ($0.id, $0.times) }, uniquingKeysWith: +)
        for (id, times) in reading.ids {
            guard let life = lives[id], life.add.invoked < read.ended else {
                add(.future, "\(read.text), shows \(id), which nobody had asked for")
                continue
            }
            if times > 1 { add(.twice, "\(read.text), shows that \(life.add.text), was done \(times) times") }
            if life.add.isFailed { add(.ghost, "\(read.text), shows the effect of: \(life.add.text)") }
            judge(read, shows: id, life)
        }
        for id in ids where shown[id] == nil { judge(read, misses: id) }
        let there = UInt64(reading.ids.count)
        if reading.adds < reading.removes || reading.adds - reading.removes != there, !reading.ids.contains(where: { $0.times > 1 }) {
            add(.mixed, "\(read.text), shows \(there) ids, after \(reading.adds) additions and \(reading.removes) removals")
        }
        for id in shown.keys where lives[id]?.seen == .max { lives[id]?.seen = read.ended }
    }

    private mutating func judge(_ read: Ledger.Operation, shows id: UInt64, _ life: Life) {
        if let removal = life.removal, removal.isAcknowledged, removal.ended < read.invoked {
            add(read.isFinal ? .lost : .stale, "\(read.text), still shows \(id) after: \(removal.text)")
        } else if life.seenGone < read.invoked {
            add(.regress, "\(read.text), shows \(id) again, which an earlier read had shown to be gone")
        }
    }

    private func wasThere(_ life: Life, before read: Ledger.Operation) -> Bool {
        (life.add.isAcknowledged && life.add.ended < read.invoked) || life.seen < read.invoked
    }

    private mutating func judge(_ read: Ledger.Operation, misses id: UInt64) {
        guard let life = lives[id], wasThere(life, before: read) else { return }
        if let removal = life.removal, removal.invoked < read.ended, !removal.isFailed {
            lives[id]?.seenGone = min(life.seenGone, read.ended)
        } else if life.add.isAcknowledged, life.add.ended < read.invoked {
            add(read.isFinal ? .lost : .stale, "\(read.text), misses \(id) after: \(life.add.text)")
        } else {
            add(.regress, "\(read.text), misses \(id), which an earlier read had shown")
        }
    }

    // MARK: Changes

    private mutating func judgeChanges() {
        for change in operations where !change.deed.isRead && change.deed != .finish {
            guard let bytes = change.answer, let answer = ChangeAnswer(bytes) else { continue }
            if answer.found > 1 { add(.twice, "\(change.text), found its id there \(answer.found) times") }
            if answer.found == 0 { add(.lost, "\(change.text), found that its id was not there") }
        }
    }

    private mutating func add(_ kind: Violation.Kind, _ sentence: String) { found.append(Violation(kind, sentence)) }
}
