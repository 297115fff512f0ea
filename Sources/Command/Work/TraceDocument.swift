import JSONDocument
import World

/// The causal graph of a piece of work, as an admin port tells it.
package struct TraceDocument {
    package struct Entry {
        /// From 1, in the order of the entries, so that a cause has a lower one.
        package let id: Int
        package let causes: [Int]
        package let actor: String
        package let event: String
        /// `outside`, `letter`, `timer`, `worker`, `burial` or `operator`; and which sender, timer or worker.
        package let origin: String
        package let other: String?
        /// Who got the first thing that was sent, or should have got it.
        package let receiver: String?
        package let afterMs: Int64
        package let host: String
        /// `done`, or what else came of it, with the reason.
        package let outcome: String
        package let reason: String?
        package let detours: [String]
        package let isLast: Bool

        /// What did not go as it commonly does, in a few words; nil for what did.
        package var remark: String? {
            let end = outcome == "done" ? [] : [reason.map { "\(outcome): \($0)" } ?? outcome]
            let remarks = detours + end
            return remarks.isEmpty ? nil : remarks.joined(separator: ", ")
        }
    }

    package struct Awaited {
        /// The entry that it follows from; nil for one that was not read.
        package let after: Int?
        package let owner: String
        /// `letter`, `timer` or `part`.
        package let what: String
        package let event: String
        /// Whom the letter is for.
        package let receiver: String?
        /// `dead`, `held up`, `due`, or `set` for a timer that is not due.
        package let state: String
        package let home: String?
        package let words: String
    }

    package let work: String
    package let isOver: Bool
    package let isCut: Bool
    package let entries: [Entry]
    package let awaited: [Awaited]
    /// Actors that did not answer, and why.
    package let unread: [(actor: String, reason: String)]

    package init(_ json: JSON) throws(CommandFailure) {
        guard let work = json["work"]?.string, let entries = json["entries"]?.elements else {
            throw CommandFailure(.protocolError, "a trace without work or entries: \(json.text().prefix(200))")
        }
        self.work = work
        isOver = json["isOver"] == true
        isCut = json["isCut"] == true
        self.entries = entries.enumerated().map { Entry($1, id: $0 + 1) }
        awaited = (json["awaited"]?.elements ?? []).map { Awaited($0) }
        unread = (json["unread"]?.elements ?? []).map { ($0["actor"]?.string ?? "?", $0["reason"]?.string ?? "?") }
    }

    /// An actor's name as far as it tells something: one of the work itself goes by its kind.
    package func short(_ actor: String) -> String { actor.hasSuffix("/" + work) ? String(actor.dropLast(work.count + 1)) : actor }

    /// The actors in the order in which they come in.
    package var actors: [String] {
        var seen: Set<String> = [], actors: [String] = []
        for actor in entries.map(\.actor) + awaited.flatMap({ [$0.owner] + [$0.receiver].compactMap(\.self) })
        where seen.insert(actor).inserted { actors.append(actor) }
        return actors
    }
}

extension TraceDocument.Entry {
    fileprivate init(_ json: JSON, id: Int) {
        self.id = id
        causes = (json["causes"]?.elements ?? []).compactMap { $0.integer(Int.self) }.filter { (1..<id).contains($0) }
        actor = json["actor"]?.string ?? "?"
        event = json["event"]?.string ?? "?"
        let from = json["from"]
        origin = from?["kind"]?.string ?? "?"
        other = ["sender", "timer", "worker"].lazy.compactMap { from?[$0]?.string }.first
        receiver = json["sent"]?[0]?["to"]?.string
        afterMs = json["afterMs"]?.integer(Int64.self) ?? 0
        host = [json["node"]?.string ?? "?", json["life"]?.string].compactMap(\.self).joined(separator: "/")
        outcome = json["outcome"]?.string ?? "?"
        reason = json["reason"]?.string
        detours = (json["detours"]?.elements ?? []).compactMap(\.string)
        isLast = json["isLast"] == true
    }
}

extension TraceDocument.Awaited {
    fileprivate init(_ json: JSON) {
        after = json["after"]?.integer(Int.self)
        owner = json["owner"]?.string ?? "?"
        what = json["what"]?.string ?? "?"
        event = json["event"]?.string ?? "?"
        receiver = json["to"]?.string
        state = json["state"]?.string ?? "?"
        home = json["home"]?.string
        words = json["words"]?.string ?? "?"
    }
}
