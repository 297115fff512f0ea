import Command
import Foundation
import Testing
import Topology
import World

/// Supervision is tried on shell scripts that behave like nodes of different temper.
@Suite struct SupervisorTests {
    private func topology(_ directory: String, _ names: [String]) throws -> Topology {
        let nodes = names.enumerated().map { "  - {name: \($1), port: \(7_900 + 10 * $0)}\n" }.joined()
        return try Topology.parse("mesh: test\nnodes:\n\(nodes)", file: directory + "/mesh.yaml")
    }

    /// `body` sees the name of its node as `$name`.
    private func program(_ directory: String, _ body: String) throws -> String {
        let path = directory + "/node.sh"
        try append("#!/bin/sh\nname=$3\n\(body)\n", to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private func supervisor(
        _ directory: String, _ names: [String], _ body: String, restarts: Bool = false, grace: Duration = .seconds(5)
    ) throws -> Supervisor {
        let topology = try topology(directory, names)
        return Supervisor(
            topology.nodes, of: topology,
            settings: .init(
                program: try program(directory, body), endsWithParent: false, restarts: restarts, grace: grace),
            world: SystemWorld())
    }

    private func events(of supervisor: Supervisor, until isEnough: ([Supervisor.Event]) -> Bool) async throws -> [Supervisor.Event] {
        let world = SystemWorld()
        let deadline = world.now + .seconds(20)
        var events: [Supervisor.Event] = []
        while !isEnough(events), world.now < deadline {
            events += supervisor.tick()
            try await world.sleep(for: .milliseconds(5))
        }
        return events
    }

    @Test func allNodesEndWhenAsked() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a", "b"], "trap 'echo bye $name; exit 0' TERM\nwhile :; do sleep 0.01; done")
            try supervisor.start()
            #expect(supervisor.processes.count == 2)
            try await SystemWorld().sleep(for: .milliseconds(200))
            #expect(await supervisor.stop() == [])
            #expect(supervisor.processes.isEmpty)
            #expect(supervisor.lastWords(of: "b") == ["bye b"])
        }
    }

    @Test func whoDoesNotEndIsKilledAfterTheGrace() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(
                directory, ["a"], "trap '' TERM\nwhile :; do sleep 0.01; done", grace: .milliseconds(300))
            try supervisor.start()
            let pid = try #require(supervisor.processes["a"])
            try await SystemWorld().sleep(for: .milliseconds(200))
            #expect(await supervisor.stop() == ["a"])
            #expect(ProcessIdentity(pid: pid) == nil)
        }
    }

    @Test func aSecondRequestNeedNotWaitForTheGrace() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a"], "trap '' TERM\nwhile :; do sleep 0.01; done", grace: .seconds(3_600))
            try supervisor.start()
            try await SystemWorld().sleep(for: .milliseconds(200))
            #expect(await supervisor.stop(now: { true }) == ["a"])
        }
    }

    @Test func aNodeThatDiesIsStartedAgainWhenAskedFor() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a"], "echo life $$\nexit 70", restarts: true)
            try supervisor.start()
            let events = try await events(of: supervisor) { $0.count >= 4 }
            guard events.count >= 4 else { return #expect(Bool(false), "only \(events)") }
            #expect(events[0] == .ended(node: "a", .exited(code: 70), restartIn: RestartPolicy.firstDelay))
            guard case .started(node: "a", _) = events[1] else { return #expect(Bool(false), "\(events[1])") }
            #expect(events[2] == .ended(node: "a", .exited(code: 70), restartIn: RestartPolicy.firstDelay * 2))
            _ = await supervisor.stop()
        }
    }

    @Test func aNodeThatLeftStaysAway() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a"], "exit 0", restarts: true)
            try supervisor.start()
            let events = try await events(of: supervisor) { !$0.isEmpty }
            #expect(events == [.ended(node: "a", .exited(code: 0), restartIn: nil)])
            #expect(supervisor.isOver)
        }
    }

    @Test func aKilledNodeIsToldApartFromOneThatGaveUp() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a"], "kill -9 $$")
            try supervisor.start()
            let events = try await events(of: supervisor) { !$0.isEmpty }
            #expect(events == [.ended(node: "a", .signalled(9), restartIn: nil)])
        }
    }
}

@Suite struct RestartPolicyTests {
    @Test func theWaitDoublesUpToItsLimit() {
        var policy = RestartPolicy()
        let waits = (0..<9).map { _ in policy.delay(afterLifetime: .seconds(1)).milliseconds }
        #expect(waits == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
    }

    @Test func aSteadyNodeBeginsAnew() {
        var policy = RestartPolicy()
        for _ in 0..<5 { _ = policy.delay(afterLifetime: .zero) }
        #expect(policy.delay(afterLifetime: RestartPolicy.steadyAfter) == RestartPolicy.firstDelay)
    }
}
