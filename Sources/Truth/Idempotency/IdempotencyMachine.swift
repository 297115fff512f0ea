import Registers
import World

// KEYS BY WHICH A REQUEST IS KNOWN AGAIN
//
// A client that has had no answer sends its request again, maybe to another edge, and names it with a key (Idempotency-Key). It must be
// done once, and the client must get the answer that was given, whoever has died meanwhile. So the key lives in a register of the mesh,
// and not in an edge:
//
//   claim   The edge tells the key, a digest of the request, and an id that it has just made: the seed. The first claim of a key counts.
//           Who claims it with the same request is told the seed of the first; and who claims it with another one, that it is taken.
//   work    The edge has the request done under ids that follow from the seed, the same ones for every edge (`WorkIDSeries`). So a second
//           run, because the first edge died, or because two were asked at once, begins the same job or order and no other.
//   keep    The edge hands in its answer. The first one counts, and from then on it is what a claim leads to.
//
// Between claim and keep nothing is locked: an edge that dies there holds nobody up, and nobody has to find out whether it has.
//
// A key is known by a digest of itself and of its holder, whose first byte is the number of its register, one of 256. In there it has a
// row that begins with the hour of the first claim, so that whole hours go: a row is of no use once 24 hours have passed, and is taken
// away, like all that living registers keep of work, when its hour has passed everywhere (`Replica+Passing.swift`). That is later than 24
// hours after its end, by the clock of every store. The hours that have rows are listed in the state, with how many; a claim looks into
// each of the last 25, and into those that a clock which is ahead has begun. Nothing is decided by the clocks of edges: a time is that of
// the home.
//
// A seed is an id of work, which can begin nothing once its hour is closed, and whoever tries again has the same seed for a day. So an
// edge whose clock is far off is turned away before its seed counts.

/// The rules of the registers that keep the keys of requests.
package struct IdempotencyMachine: RegisterMachine {
    package static let kind = "idempotency"
    /// Registers, each with its share of the keys.
    package static let buckets = 256
    /// How long an answer can be had, from the first claim.
    package static let kept = Duration.seconds(24 * 3_600)
    /// How far the time of a seed may be from that of the home.
    package static let clockTolerance = Duration.seconds(3_600)
    /// Keys of one hour in one register, and bytes of their answers.
    package static let hourRows: UInt32 = 16_384, hourBytes: UInt64 = 16 << 20

    private let mutations: Set<Mutation>

    package init(mutations: Set<Mutation> = []) { self.mutations = mutations }

    package func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        do {
            switch try IdempotencyCommand(packed: command) {
            case .claim(let name, let request, let seed): return try claim(name, request, seed, &view).packed
            case .keep(let hour, let name, let seed, let answer): return [try keep(answer, hour, name, seed, &view) ? 1 : 0]
            }
        } catch let refusal as MachineRefusal {
            throw refusal
        } catch {
            throw MachineRefusal("\(view.key): \(error)")
        }
    }

    /// The answer that is kept in the row of this key; empty when there is none.
    package func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        do {
            return try view[.ofWork, query].map { try IdempotencyRow(packed: $0) }?.answer ?? []
        } catch {
            throw MachineRefusal("\(view.key): \(error)")
        }
    }

    package func hour(of row: StoredRow, in key: RegisterKey) -> CreationHour? {
        guard row.key.first == RegisterView.Kind.ofWork.rawValue, row.key.count > 4 else { return nil }
        return CreationHour(number: row.key.dropFirst().prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// Keys are no work.
    package func isListed(_ key: RegisterKey) -> Bool { false }

    // MARK: Commands

    private func claim(
        _ name: IdempotencyName, _ request: [UInt8], _ seed: WorkID, _ view: inout RegisterView
    ) throws -> IdempotencyStanding {
        var hours = try IdempotencyHours(view.state)
        let now = view.circumstances.now
        for hour in hours.since(now) where !mutations.contains(.freshSeeds) {
            guard let bytes = view[.ofWork, Self.row(hour, name)] else { continue }
            let row = try IdempotencyRow(packed: bytes)
            if row.isKept(at: now) { return IdempotencyStanding(row, in: hour, asked: request) }
        }
        let hour = CreationHour(now)
        if let passed = view.circumstances.passed, hour <= passed {
            throw MachineRefusal("the clock of \(view.circumstances.host) shows an hour that has passed; set it", isLasting: false)
        }
        let difference = seed.millisecondsSince1970 - now.millisecondsSince1970
        guard difference.magnitude <= UInt64(Self.clockTolerance.milliseconds) else {
            let clocks = "the clock of the edge is \(difference / 1_000) s off that of \(view.circumstances.host)"
            throw MachineRefusal("\(clocks); set the one that is wrong", isLasting: false)
        }
        hours.forget(upTo: view.circumstances.passed)
        guard hours.add(to: hour) else {
            throw MachineRefusal("\(view.key) has no room for more keys of this hour; try again, or leave the key out", isLasting: false)
        }
        let row = IdempotencyRow(request: request, seed: seed, firstMs: now.millisecondsSince1970)
        view.state = hours.packed
        view[.ofWork, Self.row(hour, name)] = row.packed
        return IdempotencyStanding(row, in: hour, asked: request)
    }

    /// Whether the answer is the one that counts.
    private func keep(
        _ answer: [UInt8], _ hour: CreationHour, _ name: IdempotencyName, _ seed: WorkID, _ view: inout RegisterView
    ) throws -> Bool {
        guard answer.count <= IdempotencyKeys.answerBytes else {
            throw MachineRefusal("an answer that is kept has at most \(IdempotencyKeys.answerBytes) bytes, not \(answer.count)")
        }
        let key = Self.row(hour, name)
        guard !answer.isEmpty, let bytes = view[.ofWork, key], case var row = try IdempotencyRow(packed: bytes), row.seed == seed else {
            throw MachineRefusal("nobody has claimed this key under \(seed)")
        }
        if let before = row.answer { return before == answer }
        row.answer = answer
        var hours = try IdempotencyHours(view.state)
        hours.note(answer.count, in: hour)
        view.state = hours.packed
        view[.ofWork, key] = row.packed
        return true
    }

    /// The key of a row, of which the hour comes first.
    static func row(_ hour: CreationHour, _ name: IdempotencyName) -> [UInt8] {
        withUnsafeBytes(of: hour.number.bigEndian) { Array($0) } + name.bytes
    }
}

extension IdempotencyRow {
    /// Whether it can still be had.
    fileprivate func isKept(at now: WallTime) -> Bool { firstMs + IdempotencyMachine.kept.milliseconds > now.millisecondsSince1970 }
}
