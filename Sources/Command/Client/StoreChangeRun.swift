import JSONDocument
import Web
import World

/// A change of the mesh's stores, from the wish to its end, on a terminal. Ctrl-C ends the watching alone.
struct StoreChangeRun {
    /// Whom to ask, in order.
    let points: [AdminPoint]
    let token: String?
    /// The body of `POST /stores/changes`.
    let order: JSON
    /// For programs: nothing but the result is printed.
    let isQuiet: Bool
    let world: any World

    struct Report {
        let sentence: String
        let document: JSON
    }

    /// What is under way, as the admin port tells of it.
    private struct Pending {
        let words: String
        let epoch: Int
        let moving: Int
        let joining: [String]
        let leaving: [String]

        init?(_ json: JSON?) {
            guard let json, let words = json["change"]?.string, let epoch = json["epoch"]?.integer(Int.self) else { return nil }
            func ids(_ field: String) -> [String] { (json[field]?.elements ?? []).compactMap { $0["store"]?.string } }
            self.words = words
            self.epoch = epoch
            moving = json["moving"]?.integer(Int.self) ?? 0
            (joining, leaving) = (ids("joining"), ids("leaving"))
        }
    }

    /// How long nobody may answer while the change is watched.
    private static let silence = Duration.seconds(30)
    private static let interval = Duration.milliseconds(200)
    /// How long a store that joins may be down until somebody is told.
    private static let grace = Duration.seconds(5)

    /// - Parameter limit: how long to watch; nil for not at all.
    func carryOut(within limit: Duration?, participle: String) async throws -> Report {
        let started = world.now
        let answer = try await submit()
        guard let pending = Pending(answer) else { return ended(answer, participle) }
        guard let limit else {
            return Report(
                sentence: "\(pending.words) is under way in epoch \(pending.epoch): \(pending.moving) shards are carried over; "
                    + "gossamer store list shows how far",
                document: report(pending, isEnded: false))
        }
        if !isQuiet { Console.note("\(pending.words): \(pending.moving) shards are carried over, in epoch \(pending.epoch)") }
        let (last, registers) = try await watch(pending, started + limit, limit)
        try judge(pending, last)
        warn(pending, last)
        let elapsed = world.now - started
        return Report(
            sentence: "\(participle), after \(DurationText.short(elapsed)), in epoch \(pending.epoch + 1): \(pending.moving) shards, "
                + "\(registers.map { "\(NumberText.grouped($0))" } ?? "?") registers carried over",
            document: report(pending, isEnded: true, registers: registers, elapsed: elapsed))
    }

    private func report(_ pending: Pending, isEnded: Bool, registers: UInt64? = nil, elapsed: Duration? = nil) -> JSON {
        [
            "change": .string(pending.words), "epoch": .number(isEnded ? pending.epoch + 1 : pending.epoch), "ended": .bool(isEnded),
            "moving": .number(pending.moving), "registers": registers.map { .number($0) } ?? nil,
            "elapsedMs": elapsed.map { .number($0.milliseconds) } ?? nil,
        ]
    }

    /// Of a change that has nothing to wait for.
    private func ended(_ answer: JSON, _ participle: String) -> Report {
        let epoch = answer["epoch"] ?? nil
        return Report(
            sentence: answer["message"]?.string ?? "\(participle), in epoch \(epoch.text()); nothing had to be carried over",
            document: ["change": order["change"] ?? nil, "epoch": epoch, "ended": true, "message": answer["message"] ?? nil])
    }

    // MARK: Asking

    /// Asks one node after the other until one can say.
    private func submit() async throws(CommandFailure) -> JSON {
        var failure = CommandFailure(.unavailable, "nobody was asked")
        /// One of whom nobody knows whether it did what was asked. What others say afterwards does not take that back.
        var unknown: CommandFailure?
        for point in points {
            if failure.status == .unknown { unknown = failure }
            let answer: HTTPAnswer
            do {
                answer = try await HTTPAsker().ask(
                    point.base, "/stores/changes", method: .POST, body: order, token: token, timeout: .seconds(10))
            } catch {
                failure = CommandFailure(
                    error.wasRefused ? .unavailable : .unknown,
                    "\(point.origin) (\(point.base)): \(error)"
                        + (error.wasRefused ? "" : "; whether the change is under way is unknown, so call this again"))
                continue
            }
            if answer.isSuccess, let json = answer.json { return json }
            failure = Self.failure(answer, point)
            if answer.status != 503 { break }
        }
        throw unknown ?? failure
    }

    private static func failure(_ answer: HTTPAnswer, _ point: AdminPoint) -> CommandFailure {
        switch answer.status {
        case 503 where answer.json?["outcome"]?.string == "unknown":
            CommandFailure(.unknown, "\(answer.complaint): whether the change is under way is unknown; call this again")
        case 503: CommandFailure(.unavailable, answer.complaint + "; nothing was changed")
        case 404 where answer.json?["code"] != nil, 400: CommandFailure(.usage, answer.complaint)
        case 200..<300, 404: CommandFailure(.protocolError, "\(point.base)/stores/changes: \(answer.complaint)")
        default: CommandFailure(.negative, answer.complaint)
        }
    }

    // MARK: Watching

    /// What `GET /stores` says at the end, and how many registers were carried over as far as was seen.
    private func watch(_ pending: Pending, _ deadline: Instant, _ limit: Duration) async throws -> (JSON, UInt64?) {
        let access = MeshAccess(points: points, topology: nil)
        let interrupts = Interrupts(world)
        let screen = ProgressScreen(isShown: Terminal.error.isInteractive && !isQuiet, unit: "shards", world: world)
        defer { screen.end() }
        var registers: UInt64?, heard = world.now, allLive = world.now, hasWarned = false
        while true {
            do throws(CommandFailure) {
                let json = try await access.read("/stores", isQuiet: true)
                heard = world.now
                let epoch = json["epoch"]?.integer(Int.self) ?? 0
                if epoch > pending.epoch { return (json, registers) }
                if epoch == pending.epoch, let change = json["change"], change != .null {
                    registers = change["registers"]?.integer(UInt64.self) ?? registers
                    let more = registers.map { ["\(NumberText.grouped($0)) registers carried over"] } ?? []
                    screen.show(done: change["carried"]?.integer(Int.self) ?? 0, total: pending.moving, more: more)
                }
                let down = (json["stores"]?.elements ?? []).filter { $0["state"] == "joining" && $0["live"] == false }
                if down.isEmpty { allLive = world.now }
                if !hasWarned, !isQuiet, world.now - allLive > Self.grace {
                    hasWarned = true
                    let names = down.compactMap { $0["name"]?.string }.joined(separator: ", ")
                    Console.note("the new store of \(names) is down; start it again, or take the change back with: gossamer store cancel")
                }
            } catch {
                guard world.now - heard < Self.silence else {
                    throw CommandFailure(
                        .unavailable, "\(error.message); the change goes on as soon as the mesh does: call this again to watch")
                }
            }
            if interrupts.count > 0 {
                throw CommandFailure(
                    .interrupted,
                    "\(pending.words) goes on by itself: call this again to watch, or take it back with: gossamer store cancel")
            }
            guard world.now < deadline else {
                throw CommandFailure(
                    .timedOut,
                    "\(pending.words) was not done within \(DurationText.short(limit)) and goes on by itself: call this again to watch")
            }
            try await world.sleep(for: Self.interval)
        }
    }

    /// A change ends when majorities have everything, the new store or not.
    private func warn(_ pending: Pending, _ stores: JSON) {
        let down = (stores["stores"]?.elements ?? []).filter { row in
            row["live"] == false && row["store"]?.string.map(pending.joining.contains) == true
        }
        guard !isQuiet, !down.isEmpty else { return }
        let names = down.compactMap { $0["name"]?.string }.joined(separator: ", ")
        Console.note("the new store of \(names) is down and has not got everything: start it again, or replace it by another one")
    }

    /// Whether the stores are by now those that were wanted.
    private func judge(_ pending: Pending, _ stores: JSON) throws(CommandFailure) {
        let rows = (stores["stores"]?.elements ?? []).filter { $0["state"] != "leaving" }
        let holding = Set(rows.compactMap { $0["store"]?.string })
        guard holding.isSuperset(of: pending.joining), holding.isDisjoint(with: pending.leaving) else {
            throw CommandFailure(.negative, "\(pending.words) was taken back meanwhile, by gossamer store cancel; nothing has changed")
        }
    }
}
