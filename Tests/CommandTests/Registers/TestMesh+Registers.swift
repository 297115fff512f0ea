import Command
import Foundation
import JSONDocument
import Synchronization
import TestSupport
import Testing
import Topology
import Web
import World

/// A mesh of processes, as far as its registers go.
extension TestMesh {
    /// Starts all nodes, and waits until the mesh has begun and all stores vote.
    func begin(options: [String] = []) async throws {
        try await up(options: ["--init"] + options)
        for name in names { try await untilStore(at: name, is: "voting") }
    }

    /// Kills nodes all at once, and waits until their processes are gone.
    func kill(_ victims: [String]) async throws {
        let processes = victims.compactMap(process)
        try #require(processes.count == victims.count)
        for process in processes { process.signal(SIGKILL) }
        for process in processes { try await untilGone(process) }
    }

    func stores(at name: String) async -> JSON? { await ask(name, "/stores").flatMap { $0.isSuccess ? $0.json : nil } }

    /// Asks a node through its socket.
    func ask(_ name: String, _ path: String, timeout: Duration = .seconds(10)) async -> HTTPAnswer? {
        try? await HTTPAsker().ask("unix:" + place(name).socket, path, timeout: timeout)
    }

    /// Puts a value through a node's socket.
    func put(_ key: String, _ value: String, at name: String, query: String = "") async -> HTTPAnswer? {
        try? await HTTPAsker().ask(
            "unix:" + place(name).socket, "/kv/\(key)" + query, method: .PUT, body: ["value": .string(value)], timeout: .seconds(10))
    }

    /// What a node says of its own store.
    func untilStore(at name: String, is word: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let deadline = world.now + .seconds(30)
        var last: JSON?
        while world.now < deadline {
            last = await stores(at: name)
            if last?["own"]?.string == word { return }
            try await world.sleep(for: .milliseconds(20))
        }
        Issue.record(
            "the store of \(name) is not \(word): \(last?.text() ?? "no answer")\n\(text(place(name).log).suffix(2_000))",
            sourceLocation: sourceLocation)
    }

    /// The replicas of a value, the home first if it lives.
    func replicas(of key: String, at name: String) async throws -> [String] {
        let answer = try #require(await ask(name, "/stores/where/kv%2F\(key)")?.json)
        let all = (answer["replicas"]?.elements ?? []).compactMap { $0["name"]?.string }
        let home = answer["home"]?.string
        return all.filter { $0 == home } + all.filter { $0 != home }
    }

    /// Waits until a command of this form gives this value, and records what it gave at last if it never does.
    func untilValue(of key: String, is value: String, at name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let deadline = world.now + .seconds(30)
        var last = "no answer"
        while world.now < deadline {
            if let answer = await ask(name, "/kv/\(key)") {
                last = answer.text
                if answer.json?["value"]?.string == value { return }
            }
            try await world.sleep(for: .milliseconds(50))
        }
        Issue.record("\(key) is not \(value) at \(name): \(last)", sourceLocation: sourceLocation)
    }

    /// The files of a node's store, by name.
    func storeFiles(of name: String) throws -> [String: [UInt8]] {
        let directory = place(name).directory, files = SystemFileSystem()
        let names = try files.list(directory).filter { $0.hasPrefix("registers.db") && !$0.hasSuffix(".lock") }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try files.read(directory + "/" + $0)) })
    }

    /// Puts the store of a node that does not run back to what it was.
    func putBack(_ content: [String: [UInt8]], of name: String) throws {
        let directory = place(name).directory, files = SystemFileSystem()
        for file in try storeFiles(of: name).keys { try files.remove(directory + "/" + file) }
        for (file, bytes) in content { try files.writeDurably(bytes, to: directory + "/" + file) }
    }

    /// Runs a node until it ends by itself, for half a minute at most.
    func runNode(_ name: String) async throws -> Outcome {
        let child = try ChildProcess(
            path: Self.program, arguments: ["node", file, name], output: .file(directory + "/out-node"), error: .file(directory + "/err-node"))
        let deadline = world.now + .seconds(30)
        var report = child.poll()
        while report == nil, world.now < deadline {
            try await world.sleep(for: .milliseconds(10))
            report = child.poll()
        }
        if report == nil {
            child.signal(SIGKILL)
            _ = child.wait()
        }
        var status: Int32?
        if case .exited(let code)? = report?.ending { status = code }
        return Outcome(status: status, output: text(directory + "/out-node"), error: text(directory + "/err-node"))
    }
}

/// Runs a command of the system; nil when it succeeds, or what it says.
func complaint(of words: String...) async throws -> String? {
    let output = try await CommandLineTool.run(words[0], Array(words.dropFirst()), seconds: 60)
    return output.status == 0 ? nil : "\(words.joined(separator: " ")): \(output.standardError)"
}

/// Keys that were acknowledged to several clients.
final class Tally: Sendable {
    private let state = Mutex<[String]>([])
    var keys: [String] { state.withLock { $0 } }
    func note(_ key: String) { state.withLock { $0.append(key) } }
}
