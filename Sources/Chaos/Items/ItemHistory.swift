import Items
import JSONDocument
import World

/// An operation on a tenant's items: one line of a history.
///
///     {"process":3,"op":"add","key":"tenant-7","input":{"ids":["a","b"]},"output":null,"call_ns":123,"return_ns":456,
///      "outcome":"ok","via":"n1"}
///
/// Times are nanoseconds of one monotonic clock. `failed`: certainly nothing happened. `unknown`: it may have happened or may yet, so the
/// process does nothing more; one that was under way at the end has no return.
package struct ItemRecord: Hashable, Sendable {
    package enum Deed: Hashable, Sendable {
        /// No id is in two of them.
        case add([String])
        /// With what it has told, if anything.
        case read(count: Int?)

        package var isRead: Bool { if case .read = self { true } else { false } }

        /// What goes in, and what comes out, as histories have it.
        var parts: (input: JSON, output: JSON) {
            switch self {
            case .add(let ids): (["ids": .array(ids.map { .string($0) })], .null)
            case .read(let count): ([:], count.map { ["count": .number($0)] } ?? .null)
            }
        }
    }

    package typealias Outcome = HistoryRecord.Outcome

    package let process: Int
    package let tenant: String
    package var deed: Deed
    package let callNs: Int64
    package var returnNs: Int64?
    package var outcome: Outcome
    /// The node that was asked.
    package let via: String

    package init(process: Int, tenant: String, deed: Deed, callNs: Int64, returnNs: Int64?, outcome: Outcome, via: String) {
        (self.process, self.tenant, self.deed, self.callNs) = (process, tenant, deed, callNs)
        (self.returnNs, self.outcome, self.via) = (returnNs, outcome, via)
    }

    package var json: JSON {
        let (input, output) = deed.parts
        return [
            "process": .number(process), "op": .string(deed.isRead ? "read" : "add"), "key": .string(tenant), "input": input,
            "output": output, "call_ns": .number(callNs), "return_ns": returnNs.map { .number($0) } ?? .null,
            "outcome": .string(outcome.rawValue), "via": .string(via),
        ]
    }

    /// - Throws: ``HistoryError`` for what is no line of a history of items.
    package init(_ json: JSON) throws(HistoryError) {
        func missing(_ field: String) -> HistoryError { HistoryError("\"\(field)\" is missing, or not what it should be") }
        guard let process = json["process"]?.integer(Int.self) else { throw missing("process") }
        guard let key = json["key"]?.string else { throw missing("key") }
        guard let call = json["call_ns"]?.integer(Int64.self) else { throw missing("call_ns") }
        guard let outcome = json["outcome"]?.string.flatMap({ Outcome(rawValue: $0) }) else { throw missing("outcome") }
        let returned = json["return_ns"]?.integer(Int64.self)
        guard returned != nil || outcome == .unknown else { throw missing("return_ns") }
        if let returned, returned < call { throw HistoryError("it returns before it is called") }
        let deed: Deed
        switch json["op"]?.string {
        case "add":
            guard let ids = json["input"]?["ids"]?.elements else { throw missing("input.ids") }
            let texts = ids.compactMap(\.string)
            guard texts.count == ids.count else { throw missing("input.ids") }
            deed = .add(texts)
        case "read":
            let count = json["output"]?["count"]?.integer(Int.self)
            guard outcome != .ok || count != nil else { throw missing("output.count") }
            deed = .read(count: count)
        default: throw HistoryError("\"op\" is \(json["op"]?.text() ?? "missing"); expected \"add\" or \"read\"")
        }
        self.init(
            process: process, tenant: key, deed: deed, callNs: call, returnNs: returned, outcome: outcome, via: json["via"]?.string ?? "")
    }
}

/// A history that says nothing which could be judged.
package struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// What became of the items of a history's tenants.
package struct ItemVerdict: Sendable {
    package struct Tenant: Hashable, Sendable {
        package let name: String
        /// Ids that count for sure, and those that may.
        package let counted: Int
        package let unknown: Int
        package let reads: Int
        /// Nil when all that was told can be explained.
        package let violation: CountCheck.Finding?
    }

    /// Sorted by name.
    package let tenants: [Tenant]

    package var isLinearizable: Bool { tenants.allSatisfy { $0.violation == nil } }

    /// Judges each tenant by itself, for that is enough (Herlihy and Wing, 1990: linearizability is local).
    /// - Throws: ``HistoryError`` when an id is added twice, or a process goes on after an outcome that is unknown.
    package init(_ records: [ItemRecord]) throws(HistoryError) {
        try Self.check(records)
        // By bytes, for tenants that look alike may be two.
        let groups = Dictionary(grouping: records) { Array($0.tenant.utf8) }
        tenants = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { Self.judge($0.value) }
    }

    private static func judge(_ records: [ItemRecord]) -> Tenant {
        var additions: [CountCheck.Addition] = [], reads: [CountCheck.Read] = []
        for record in records {
            let name = "the \(record.text)"
            switch record.deed {
            case .add(let ids):
                guard record.outcome != .failed else { continue }
                let returned = record.outcome == .ok ? record.returnNs : nil
                additions.append(.init(ids: ids.count, called: record.callNs, returned: returned, name: name))
            case .read(let count):
                guard record.outcome == .ok, let count, let returned = record.returnNs else { continue }
                reads.append(.init(count: count, called: record.callNs, returned: returned, name: name))
            }
        }
        let counted = additions.filter { $0.returned != nil }.reduce(0) { $0 + $1.ids }
        return Tenant(
            name: records.first?.tenant ?? "", counted: counted, unknown: additions.reduce(0) { $0 + $1.ids } - counted, reads: reads.count,
            violation: CountCheck.judge(additions, reads))
    }

    private static func check(_ records: [ItemRecord]) throws(HistoryError) {
        var seen: [[UInt8]: Set<[UInt8]>] = [:], over: [Int: Int64] = [:]
        for record in records where record.outcome == .unknown {
            over[record.process] = min(over[record.process] ?? .max, record.callNs)
        }
        for record in records {
            if let end = over[record.process], record.callNs > end {
                throw HistoryError("process \(record.process) goes on after an operation whose outcome is unknown; give it another number")
            }
            guard case .add(let ids) = record.deed else { continue }
            for id in ids where !seen[Array(record.tenant.utf8), default: []].insert(Array(id.utf8)).inserted {
                throw HistoryError("\(id.prefix(64)) is added to \(record.tenant.prefix(64)) twice; ids of a history have to be unique")
            }
        }
    }
}

extension ItemRecord {
    /// For people: what was asked when, of whom.
    fileprivate var text: String {
        let what = switch deed { case .add(let ids): "add of \(ids.count)"; case .read: "read" }
        let end = returnNs.map { "\($0 / 1_000_000) ms" } ?? "?"
        return "\(what) by process \(process) through \(via) (\(callNs / 1_000_000) ms to \(end))"
    }
}
