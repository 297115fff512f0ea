import Command
import Foundation
import JSONDocument
import TestSupport
import Testing
import World

/// What this machine lets the tests of the lab do.
enum LabMachine {
    /// Why there is no lab here; `nil` when there may be one.
    static let obstacle: String? = {
        for kind in LabNamespace.allCases {
            let made = try? CommandLineTool.runBlocking("sh", ["-c", "exec \"$@\"", "sh"] + kind.making + ["true"], seconds: 20)
            if made?.status == 0 { return nil }
        }
        return "this user may have no network namespace on this machine: neither unshare --net nor unshare --user --net is permitted"
    }()

    /// The lab's programs, installed when they are missing.
    /// - Throws: what the script says. A test must let it through: what no real server has been asked is untested.
    static func prepare() async throws {
        // One at a time on the machine, as for other packages that tests need.
        let script = PythonEnvironment.packageRoot + "/Scripts/setup-lab.sh"
        let output = try await CommandLineTool.run("flock", ["-w", "600", "/tmp/gossamer-tests-packages.lock", script], seconds: 900)
        try #require(output.status == 0, "the lab's programs are not there: \(output.standardError)")
    }
}

/// A running lab of a test's own: the shipped topology, in a directory of its own.
struct LabMesh: Sendable {
    let directory: String
    let file: String
    private let world = SystemWorld()

    /// Runs `body` with a lab whose edges are ready.
    static func with(_ body: (LabMesh) async throws -> Void) async throws {
        try await LabMachine.prepare()
        try await withDirectory { directory in
            let lab = LabMesh(directory: directory, file: directory + "/lab.yaml")
            try await lab.run(body)
        }
    }

    private func run(_ body: (LabMesh) async throws -> Void) async throws {
        let shipped = try SystemFileSystem().read(PythonEnvironment.packageRoot + "/topology/lab.yaml")
        try append(String(decoding: shipped, as: UTF8.self), to: file)
        let child = try ChildProcess(
            path: TestMesh.program, arguments: ["lab", "run", "--topology", file, "--timeout", "60", "--grace", "5"], output: .file(log),
            error: .file(log))
        let result: Result<Void, any Error>
        var processes: [Int32] = []
        do {
            try await untilReady(child)
            processes = try await self.processes()
            result = .success(try await body(self))
        } catch {
            result = .failure(error)
        }
        child.signal(SIGTERM)
        var report = child.poll()
        for _ in 0..<300 where report == nil {
            try await world.sleep(for: .milliseconds(100))
            report = child.poll()
        }
        if report == nil {
            child.signal(SIGKILL)
            let killed = try await onOwnThread { child.wait() }
            Issue.record("the lab did not end within 30 s: \(killed.ending)\n\(text(log))")
        }
        try result.get()
        #expect(report?.ending == .exited(code: 0), "\(text(log))")
        #expect(processes.count == 9 && processes.allSatisfy { kill($0, 0) != 0 }, "of \(processes), some are left")
    }

    /// Those of the four servers that are processes, and of the five nodes.
    private func processes() async throws -> [Int32] {
        let status = try JSON(parsing: try await command("status", "--json").standardOutput)
        return ["servers", "nodes"].flatMap { status[$0]?.elements ?? [] }.compactMap { $0["pid"]?.integer(Int32.self) }
    }

    private var log: String { directory + "/lab.log" }

    private func text(_ path: String) -> String { String(decoding: (try? SystemFileSystem().read(path)) ?? [], as: UTF8.self) }

    private func untilReady(_ child: ChildProcess) async throws {
        for _ in 0..<600 {
            if let report = child.poll() {
                try #require(Bool(false), "the lab has ended with \(report.ending):\n\(text(log))")
            }
            let both = try await [8080, 8081].asyncAllSatisfy { port in
                let url = "http://127.0.0.1:\(port)/health/ready"
                let answer = try await exec("curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url)
                return String(decoding: answer.standardOutput, as: UTF8.self) == "200"
            }
            if both { return }
            try await world.sleep(for: .milliseconds(100))
        }
        try #require(Bool(false), "the lab is not ready after a minute:\n\(text(log))")
    }

    /// Runs a command of the program for this lab.
    func command(_ words: String...) async throws -> CommandLineTool.Output {
        try await CommandLineTool.run(TestMesh.program, ["lab"] + words + ["--topology", file], seconds: 60)
    }

    /// Runs a program in the lab's network.
    func exec(_ words: String...) async throws -> CommandLineTool.Output { try await exec(words) }

    private func exec(_ words: [String]) async throws -> CommandLineTool.Output {
        try await CommandLineTool.run(TestMesh.program, ["lab", "exec", "--topology", file, "--"] + words, seconds: 60)
    }

    /// Asks with curl, in the lab's network.
    func curl(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
        let output = try await exec(["curl", "-sS", "-m", "30"] + words)
        try #require(output.status == 0, "\(output.standardError)", sourceLocation: sourceLocation)
        return try JSON(parsing: output.standardOutput)
    }

    /// The document of an ended job.
    func document(of job: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
        for _ in 0..<600 {
            let document = try await curl("http://127.0.0.1:8081/api/lookup/\(job)")
            if document["status"] == "Completed" || document["status"] == "Failed" { return document }
            try await world.sleep(for: .milliseconds(100))
        }
        return try #require(nil as JSON?, "job \(job) does not end", sourceLocation: sourceLocation)
    }

    /// Looks up one target, and nothing that was kept of an earlier time.
    func lookUp(_ target: String, services: JSON = .null, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
        let body: JSON = ["target": .string(target), "services": services, "fresh": true]
        let accepted = try await curl(
            "-X", "POST", "http://127.0.0.1:8080/api/lookup", "-H", "Content-Type: application/json", "-d", body.text())
        let job = try #require(accepted["jobId"]?.string, "\(accepted.text())", sourceLocation: sourceLocation)
        return try await document(of: job, sourceLocation: sourceLocation)
    }

    /// Looks up many targets with one service each: the results by target.
    func lookUp(_ targets: [String], service: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String: JSON] {
        let body: JSON = ["targets": .array(targets.map { .string($0) }), "services": [.string(service)], "fresh": true]
        let accepted = try await curl(
            "-X", "POST", "http://127.0.0.1:8080/api/lookup/batch", "-H", "Content-Type: application/json", "-d", body.text())
        let jobs = try #require(accepted["jobs"]?.elements, "\(accepted.text())", sourceLocation: sourceLocation)
        var results: [String: JSON] = [:]
        for (target, job) in zip(targets, jobs) {
            let id = try #require(job["jobId"]?.string, "\(job.text())", sourceLocation: sourceLocation)
            let document = try await document(of: id, sourceLocation: sourceLocation)
            results[target] = try #require(document["results"]?[0], "\(document.text())", sourceLocation: sourceLocation)
        }
        return results
    }
}

extension Array where Element: Sendable {
    fileprivate func asyncAllSatisfy(_ isMeant: (Element) async throws -> Bool) async throws -> Bool {
        for element in self where try await !isMeant(element) { return false }
        return true
    }
}

extension JSON {
    /// What a result's data say, which are JSON in a string.
    var told: JSON? { (self["data"]?.string).flatMap { try? JSON(parsing: $0.utf8) } }
    /// Why a result is none.
    var complaint: String { self["errorMessage"]?.string ?? "" }
}
