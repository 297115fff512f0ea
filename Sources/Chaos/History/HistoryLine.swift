import World

/// A history as people follow it: one line an event, in fixed columns, of those events that say something new.
///
/// ```
///    4.182  director  kill     n3        2 parts in flight
/// ```
package struct HistoryLine: Sendable {
    private var statuses: [Int: String] = [:]
    /// By job, the process that follows it.
    private var followers: [String: Int] = [:]
    private var resent: [Int: Int] = [:]
    private var seen: [String: String] = [:]

    package init() {}

    /// Nil for what need not be shown.
    package mutating func line(_ record: HistoryRecord) -> String? {
        guard let text = text(record) else { return nil }
        let milliseconds = record.lastNs / 1_000_000
        let fraction = String(milliseconds % 1_000)
        let time = "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        let outcome = record.outcome == .ok ? "" : "\(record.outcome.rawValue) "
        let columns = Self.right(time, 9) + "  " + Self.left(record.who.rawValue, 8) + "  " + Self.left(record.event.name, 8)
        return columns + " " + Self.left(text.about, 8) + "  " + outcome + text.words
    }

    private mutating func text(_ record: HistoryRecord) -> (about: String, words: String)? {
        let detail = record.detail
        switch record.event {
        case .start(let nodes): return ("mesh", "\(nodes.count) nodes see each other")
        case .submit(let submission):
            if let id = submission.jobId { followers[id] = followers[id] ?? record.process }
            let job = submission.jobId.map { "\(submission.kind) \($0)" } ?? submission.kind
            return ("job \(record.process)", job + Self.via(record.via) + Self.after(detail))
        case .read(let reading): return read(reading, record)
        case .audit(let jobId, let reading): return audit(jobId, reading, record)
        case .cancel(let jobId, let answer):
            let words = answer.map { "cancellation: \($0.rawValue)" } ?? "cancellation"
            return followers[jobId].map { ("job \($0)", words + Self.via(record.via) + Self.after(answer == nil ? detail : "")) }
        // There are too many of them; what became of them the verdict says.
        case .items, .settle, .total, .get: return nil
        case .put(let holding, let amount):
            guard record.outcome != .ok else { return nil }
            return (holding.kind.rawValue, "\(holding.name) to \(amount)" + Self.via(record.via) + Self.after(detail))
        case .kill(let node, let inFlight): return (node, "SIGKILL with \(inFlight) parts in flight" + Self.after(detail))
        case .pause(let node, let inFlight): return (node, "SIGSTOP with \(inFlight) parts in flight" + Self.after(detail))
        case .resume(let node): return (node, "SIGCONT" + Self.after(detail))
        case .restart(let node): return (node, "started again" + Self.after(detail))
        case .died(let node, let isBack): return (node, "by itself, \(isBack ? "and runs again" : "and is gone")" + Self.after(detail))
        case .cut(let name, let mode, let apart): return (name, "\(mode) on \(apart.count) ways" + Self.after(detail))
        case .heal(let name, let hits): return (name, "\(hits) frames were touched" + Self.after(detail))
        case .views(let views): return changes(views).map { ("mesh", $0) }
        case .missed(let step): return (step, detail)
        case .end(let ending): return ("run", ending.rawValue + Self.after(detail))
        }
    }

    private mutating func read(_ reading: JobReading, _ record: HistoryRecord) -> (about: String, words: String)? {
        let status = record.outcome == .ok ? reading.status : record.detail
        let isNews = statuses[record.process] != status || resent[record.process, default: 0] != reading.resent
        (statuses[record.process], resent[record.process]) = (status, reading.resent)
        guard isNews else { return nil }
        guard record.outcome == .ok else { return ("job \(record.process)", record.detail + Self.via(record.via)) }
        let count = reading.count.map { ", \($0) primes" } ?? ""
        let again = reading.resent > 0 ? ", \(reading.resent) sent again" : ""
        let warnings = reading.warnings.isEmpty ? "" : ": " + reading.warnings.joined(separator: "; ")
        return ("job \(record.process)", "\(reading.status) \(reading.done)/\(reading.total)\(again)\(count)\(warnings)")
    }

    /// Only what contradicts what is known of the job.
    private func audit(_ jobId: String, _ reading: JobReading?, _ record: HistoryRecord) -> (about: String, words: String)? {
        guard let process = followers[jobId], reading?.status != statuses[process] else { return nil }
        let words = reading.map { "\($0.status) \($0.done)/\($0.total)" } ?? record.detail
        return ("job \(process)", "in the end \(words)" + Self.via(record.via))
    }

    /// Who is seen otherwise than before, and by whom: `n3 dead (n1 n2), n4 silent`.
    private mutating func changes(_ views: [String: [String: String]?]) -> String? {
        var now: [String: String] = [:]
        for node in views.keys.sorted() where views[node] == .some(nil) { now[node] = "does not answer" }
        let members = Set(views.values.flatMap { $0?.keys.map { $0 } ?? [] }).sorted()
        for member in members {
            var byStatus: [String: [String]] = [:]
            for node in views.keys.sorted() {
                if let status = views[node]??[member], status != "alive" { byStatus[status, default: []].append(node) }
            }
            let parts = byStatus.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value.joined(separator: " ")))" }
            if !parts.isEmpty { now[member] = (now[member].map { $0 + ", " } ?? "") + parts.joined(separator: " ") }
        }
        defer { seen = now }
        let changed = Set(now.keys).union(seen.keys).sorted().filter { now[$0] != seen[$0] }
        return changed.isEmpty ? nil : changed.map { "\($0) \(now[$0] ?? "alive")" }.joined(separator: "; ")
    }

    private static func via(_ node: String?) -> String { node.map { " (\($0))" } ?? "" }
    private static func after(_ detail: String) -> String { detail.isEmpty ? "" : ": \(detail)" }
    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
