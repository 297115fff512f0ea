import Jobs
import Lookup
import Membership
import Mesh
import Topology
import World

extension Topology {
    /// Reads a topology file, and has the rooms that its figures are for look at them too.
    /// - Throws: every problem of the file at once.
    package static func loadChecked(_ path: String, from files: any FileSystem) throws(TopologyError) -> Topology {
        try load(path, from: files) {
            $0.membershipProblems + $0.metadataProblems + $0.outsideProblems + $0.pingProblems + $0.limitProblems
        }
    }

    private var membershipProblems: [TopologyProblem] {
        do {
            try MembershipConfiguration(membership).validate()
            return []
        } catch {
            guard case .badFigure(let name, let value, let remedy) = error else {
                return [problem(.badValue, at: "membership", value: nil, "\(error)")]
            }
            let sentence = "\(name) is \(value), which cannot work: \(remedy)"
            return [problem(.badValue, at: "membership.\(name)", value: value, sentence)]
        }
    }

    /// Nodes that have more to say of themselves than travels with a member.
    private var metadataProblems: [TopologyProblem] {
        nodes.compactMap { node in
            do {
                try MembershipLimits.check(MemberMetadata(node))
                return nil
            } catch {
                return problem(
                    .badValue, at: "nodes", value: nil,
                    "node \"\(node.name)\" says too much of itself (its roles, labels and zone): \(error)")
            }
        }
    }

    /// Pauses that cannot grow.
    private var outsideProblems: [TopologyProblem] {
        let given = lookup.outside, standard = OutsideFigures()
        let least = given.pauseMin ?? standard.pauseMin, most = given.pauseMax ?? standard.pauseMax
        guard least > most else { return [] }
        let key = given.pauseMin == nil ? "pauseMax" : "pauseMin"
        let (short, long) = (DurationNotation.format(least), DurationNotation.format(most))
        return [
            problem(
                .badValue, at: "lookup.outside.\(key)", value: key == "pauseMin" ? short : long,
                "pauseMin is \(short) and pauseMax \(long), which cannot work: the longest pause must be at least the first one")
        ]
    }

    /// Pings that would be given to a second node before they have ended, or that no job has the time for.
    private var pingProblems: [TopologyProblem] {
        let given = lookup.ping
        let keys = [("count", given.count != nil), ("interval", given.interval != nil), ("timeout", given.timeout != nil)]
        // The defaults are not the operator's fault, and a short deadline may be wanted.
        guard let key = keys.first(where: \.1)?.0 else { return [] }
        let longest = PingSettings(given).longest, deadline = JobLimits(lookup).deadline, allowed = PingSettings.longestAllowed
        let (long, most) = (DurationNotation.format(longest), DurationNotation.format(allowed))
        let whole = "a host that does not answer takes \(long), count - 1 intervals and the timeout"
        let objection: String? =
            if longest > allowed {
                "it may take \(most) at most, for another node is asked as well after that: lower count, interval or timeout"
            } else if longest >= deadline {
                "a job has \(DurationNotation.format(deadline)), so that it would never be told: lower them or raise lookup.deadline"
            } else {
                nil
            }
        return objection.map { [problem(.badValue, at: "lookup.ping.\(key)", value: long, "\(whole); \($0)")] } ?? []
    }

    /// Looks at the files that the topology names and that these nodes need: they are on the nodes' machines alone, so
    /// that they are no part of the topology file's own check.
    /// - Throws: every fault, at its line; the status is the first one's.
    package func checkFiles(of nodes: [TopologyNode], _ files: any FileSystem) throws(CommandFailure) {
        var faults: [CommandFailure] = []
        do { _ = try adminToken(files) } catch { faults.append(error) }
        for node in nodes {
            do { _ = try NodeConfiguration(node, of: self, files: files) } catch { faults.append(error) }
        }
        guard let first = faults.first else { return }
        throw CommandFailure(first.status, faults.map(\.message).joined(separator: "\n"))
    }

    /// The token with which the nodes of this file are changed over the network; nil when there is none.
    /// - Throws: when its file cannot be read or holds nothing, at its line.
    package func adminToken(_ files: any FileSystem) throws(CommandFailure) -> String? {
        guard let path = admin.tokenFile else { return nil }
        do { return try TokenFile.read(path, files) } catch {
            throw CommandFailure(
                error.status, problem(.unreadable, at: "admin.tokenFile", value: path, error.message).description)
        }
    }
}

/// Files that hold the token of admin ports.
enum TokenFile {
    static func read(_ path: String, _ files: any FileSystem) throws(CommandFailure) -> String {
        let token: String
        do { token = String(String(decoding: try files.read(path), as: UTF8.self).filter { !$0.isWhitespace }) } catch {
            throw CommandFailure(.ioError, "the token of the admin ports cannot be read from \(error)")
        }
        guard !token.isEmpty else {
            throw CommandFailure(.usage, "\(path) holds no token; write one into it, such as: head -c 32 /dev/urandom | base64 > \(path)")
        }
        return token
    }
}
