import Choreography
import JSONDocument
import World

extension WorkPicture {
    /// The picture as the admin port tells it. Entries are numbered from 1 in their order, causes before effects.
    func json(now: WallTime) -> JSON {
        let startMs = graph.startMs ?? graph.work.createdAt.millisecondsSince1970
        let ids = Dictionary(graph.nodes.enumerated().map { ($1.mark, $0 + 1) }) { first, _ in first }
        return [
            "work": .string(graph.work.description), "startedAt": .string(WallTime(millisecondsSince1970: startMs).iso8601),
            "isOver": .bool(isOver), "isCut": .bool(graph.isCut),
            "entries": .array(graph.nodes.enumerated().map { $1.json(id: $0 + 1, ids: ids, startMs: startMs) }),
            "awaited": .array(graph.awaited.map { json(of: $0, ids: ids, now: now) }),
            "unread": .array(graph.unread.map { ["actor": .string($0.actor.description), "reason": .string($0.reason)] }),
        ]
    }

    /// Nothing is to come of itself, and all was read.
    private var isOver: Bool { graph.awaited.isEmpty && graph.unread.isEmpty && !graph.isCut }

    private func json(of awaited: Awaited, ids: [CausalGraph.Mark: Int], now: WallTime) -> JSON {
        let after = ids[CausalGraph.Mark(awaited.owner, awaited.cause)]
        return .object([.init("after", after.map { .number($0) } ?? .null)]
            + awaited.jsonMembers(now, effort(for: awaited), care(for: awaited)))
    }
}

extension Awaited {
    /// - Parameters:
    ///   - effort: what has been tried, when that is known.
    ///   - care: who tries it, when that is known.
    func jsonMembers(_ now: WallTime, _ effort: Effort? = nil, _ care: WorkPicture.Care? = nil) -> [JSON.Member] {
        var members: [JSON.Member] = [.init("owner", .string(owner.description))]
        switch what {
        case .letter(let event, let receiver, let sequence, let isCompensation):
            members += [
                .init("what", "letter"), .init("event", .string(event)), .init("to", .string(receiver.description)),
                .init("sequence", .number(sequence)), .init("isCompensation", .bool(isCompensation)),
            ]
        case .timer(let name, let event, let atMs):
            members += [
                .init("what", "timer"), .init("event", .string(event)), .init("timer", .string(name)),
                .init("at", .string(WallTime(millisecondsSince1970: atMs).iso8601)),
            ]
        case .part(let part, let work): members += [.init("what", "part"), .init("event", .string(work)), .init("part", .string(part))]
        }
        let state: JSON =
            switch hindrance {
            case .dead: "dead"
            case .behindDead: "held up"
            case nil: overdue(at: now) == nil ? "set" : "due"
            }
        return members + [
            .init("state", state), .init("cause", .text(deathCause)),
            .init("since", sinceMs.map { .string(WallTime(millisecondsSince1970: $0).iso8601) } ?? .null),
            .init("overdueMs", overdue(at: now).map { .number($0.milliseconds) } ?? .null),
            .init("home", .text(care?.node)), .init("attempts", effort.map { .number($0.attempts) } ?? .null),
            .init("nextInMs", effort.map { .number($0.nextInMs) } ?? .null),
            .init("words", .string(sentence(now: now, effort: effort, care: care))),
        ]
    }
}

extension CausalGraph.Node {
    fileprivate func json(id: Int, ids: [CausalGraph.Mark: Int], startMs: Int64) -> JSON {
        let (node, life) = Self.parts(of: entry.host)
        return .object([
            .init("id", .number(id)),
            // The nearest last. Causes that were not read are not here.
            .init("causes", .array(causes.compactMap { ids[$0] }.map { .number($0) })),
            .init("actor", .string(mark.actor.description)), .init("number", .number(mark.number)), .init("event", .string(entry.event)),
            .init("from", entry.origin.json),
            .init("at", .string(WallTime(millisecondsSince1970: entry.atMs).iso8601)),
            .init("afterMs", .number(entry.atMs.subtractingReportingOverflow(startMs).partialValue)),
            .init("node", .string(node)), .init("life", .text(life)), .init("ballot", .number(entry.ballot)),
            .init("outcome", .string(entry.outcome.word)), .init("reason", .text(entry.outcome.reason)),
            .init("detours", .array(detours.map { .string($0.words) })),
            .init("sent", .array(entry.sent.map { sent in
                ["event": .string(sent.event), "to": .string(sent.receiver.description), "sequence": .number(sent.sequence)]
            })),
            .init("ordered", .array(entry.orders.map { .string($0) })), .init("isLast", .bool(entry.isLast)),
        ])
    }

    /// `n1/4`: the node, and its life.
    private static func parts(of host: String) -> (node: String, life: String?) {
        guard let slash = host.lastIndex(of: "/") else { return (host, nil) }
        return (String(host[..<slash]), String(host[host.index(after: slash)...]))
    }
}

extension CausalGraph.Detour {
    fileprivate var words: String {
        switch self {
        case .attempt(let number): "attempt \(number)"
        case .otherHome(let before): "home was \(before)"
        case .operator: "by an operator"
        }
    }
}

extension TraceEntry.Origin {
    fileprivate var json: JSON {
        switch self {
        case .outside: ["kind": "outside"]
        case .letter(let sender, let sequence, _, let attempt):
            ["kind": "letter", "sender": .string(sender.description), "sequence": .number(sequence), "attempt": .number(attempt)]
        case .timer(let name, _): ["kind": "timer", "timer": .string(name)]
        case .worker(let part, let node, _): ["kind": "worker", "part": .string(part), "worker": .string(node)]
        case .burial: ["kind": "burial"]
        case .operator: ["kind": "operator"]
        }
    }
}

extension TraceEntry.Outcome {
    fileprivate var word: String {
        switch self {
        case .done: "done"
        case .declined: "declined"
        case .repeated: "repeated"
        case .undoneBefore: "undone before"
        case .nothingToUndo: "nothing to undo"
        case .void: "given up"
        case .late: "late"
        case .died: "dead"
        case .redriven: "redriven"
        case .discarded: "discarded"
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .declined(let reason), .died(let reason): reason
        case .done, .repeated, .undoneBefore, .nothingToUndo, .void, .late, .redriven, .discarded: nil
        }
    }
}
