import JSONDocument
import World

// WHAT A PAGE SHOWS
//
// One picture for all readers, in sections; every section, every row of a table and every line of the log bears the version in
// which it last changed. So "all that has changed since version v" can be read off for any v: it is what a reader gets who
// has just come (v = 0: the whole picture), who is a moment behind, who was too slow for a minute, and who comes again with
// the id of the last event he has seen. No reader has a queue, and there is nothing to replay.
//
// Versions rise within one life of the node. An id is "life-version"; one of another life counts for nothing.

/// The state of a node and its mesh, as the events of the admin port tell it.
struct LivePicture: Sendable {
    /// Lines of the log that are kept.
    static let logLines = 50

    /// A part that is told as a whole.
    private struct Section: Sendable {
        var document: JSON = .null
        var version: UInt64 = 0

        mutating func update(_ new: JSON, version: UInt64) -> Bool {
            guard new != document else { return false }
            document = new
            self.version = version
            return true
        }
    }

    private(set) var version: UInt64 = 0
    private var node = Section()
    private var ring = Section()
    private var survey = Section()
    private var members = VersionedRows<String, MemberRow>()
    private var jobs = VersionedRows<WorkID, JobRow>()
    private var log: [(version: UInt64, line: JSON)] = []

    // MARK: Taking in

    mutating func setNode(_ document: JSON) { change { $0.node.update(document, version: $1) } }

    mutating func setRing(_ document: JSON) { change { $0.ring.update(document, version: $1) } }

    mutating func setMembers(_ rows: [MemberRow], render: (MemberRow) -> JSON) {
        change { $0.members.update(rows.map { ($0.member.name, $0) }, version: $1, render: render) }
    }

    /// - Parameter survey: who was asked and who was not heard.
    mutating func setJobs(_ rows: [JobRow], survey document: JSON, render: (JobRow) -> JSON) {
        change { picture, version in
            let rowsDiffer = picture.jobs.update(rows.map { ($0.summary.id, $0) }, version: version, render: render)
            return picture.survey.update(document, version: version) || rowsDiffer
        }
    }

    mutating func append(line: JSON) {
        change { picture, version in
            picture.log.append((version, line))
            if picture.log.count > Self.logLines { picture.log.removeFirst() }
            return true
        }
    }

    var jobRows: [JobRow] { jobs.values }

    private mutating func change(_ body: (inout LivePicture, UInt64) -> Bool) {
        let next = version + 1
        if body(&self, next) { version = next }
    }

    // MARK: Telling

    /// The whole picture.
    func whole(nowMs: Int64) -> JSON { .object(head(nowMs) + parts(since: 0)) }

    /// What differs from the picture at `seen`; nil when that is too long ago to be told.
    func changes(since seen: UInt64, nowMs: Int64) -> JSON? {
        guard seen >= members.forgottenUpTo, seen >= jobs.forgottenUpTo else { return nil }
        var parts = parts(since: seen)
        let membersGone = members.gone(since: seen), jobsGone = jobs.gone(since: seen)
        if !membersGone.isEmpty { parts.append(.init("membersGone", .array(membersGone.map { .string($0) }))) }
        if !jobsGone.isEmpty { parts.append(.init("jobsGone", .array(jobsGone.map { .string("\($0)") }))) }
        return .object(head(nowMs) + parts)
    }

    private func head(_ nowMs: Int64) -> [JSON.Member] { [.init("version", .number(version)), .init("nowMs", .number(nowMs))] }

    private func parts(since seen: UInt64) -> [JSON.Member] {
        var parts: [JSON.Member] = []
        for (name, section) in [("node", node), ("ring", ring), ("survey", survey)] where section.version > seen || seen == 0 {
            parts.append(.init(name, section.document))
        }
        for (name, rows) in [("members", members.changed(since: seen)), ("jobs", jobs.changed(since: seen))]
        where !rows.isEmpty || seen == 0 {
            parts.append(.init(name, .array(rows)))
        }
        let lines = log.filter { $0.version > seen }.map(\.line)
        if !lines.isEmpty || seen == 0 { parts.append(.init("log", .array(lines))) }
        return parts
    }
}
