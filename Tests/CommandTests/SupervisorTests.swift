import Command
import Foundation
import Glibc
import TestSupport
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
        try CommandLineTool.writeProgram("#!/bin/sh\nname=$3\n\(body)\n", to: path)
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
            #expect(events[0] == .ended(node: "a", .reported(.exited(code: 70)), restartIn: RestartPolicy.firstDelay))
            guard case .started(node: "a", _) = events[1] else { return #expect(Bool(false), "\(events[1])") }
            #expect(events[2] == .ended(node: "a", .reported(.exited(code: 70)), restartIn: RestartPolicy.firstDelay * 2))
            _ = await supervisor.stop()
        }
    }

    @Test func aNodeThatLeftStaysAway() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a"], "exit 0", restarts: true)
            try supervisor.start()
            let events = try await events(of: supervisor) { !$0.isEmpty }
            #expect(events == [.ended(node: "a", .reported(.exited(code: 0)), restartIn: nil)])
            #expect(supervisor.isOver)
        }
    }

    @Test func aKilledNodeIsToldApartFromOneThatGaveUp() async throws {
        try await withDirectory { directory in
            let supervisor = try supervisor(directory, ["a"], "kill -9 $$")
            try supervisor.start()
            let events = try await events(of: supervisor) { !$0.isEmpty }
            #expect(events == [.ended(node: "a", .reported(.signalled(9)), restartIn: nil)])
        }
    }
}

/// Processes that others have started: the test plays the other.
@Suite struct AdoptionTests {
    /// A node that marks itself as nodes do, and takes the mark away when it is asked to end.
    private static let node = """
        d=$(dirname $2)/.gossamer/test/$3
        echo "$$ $(cut -d' ' -f22 /proc/$$/stat) $(cat /proc/sys/kernel/random/boot_id)" > $d/node.pid
        trap 'rm -f $d/node.pid; exit 0' TERM
        while :; do sleep 0.01; done
        """

    private func with(
        restarts: Bool, starting: Bool, _ body: (Supervisor, _ stranger: () throws -> ChildProcess, NodeFiles) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let program = directory + "/node.sh"
            try CommandLineTool.writeProgram("#!/bin/sh\n\(Self.node)\n", to: program)
            let topology = try Topology.parse("mesh: test\nnodes:\n  - {name: a, port: 7900}\n", file: directory + "/mesh.yaml")
            let place = NodeFiles(topology.nodes[0])
            try place.create(SystemFileSystem())
            let supervisor = Supervisor(
                topology.nodes, of: topology, starting: starting ? nil : [],
                settings: .init(program: program, endsWithParent: false, restarts: restarts), world: SystemWorld())
            func stranger() throws -> ChildProcess {
                let child = try ChildProcess(
                    path: program, arguments: ["node", topology.file, "a"], output: .inherited, error: .inherited)
                let deadline = SystemWorld().now + .seconds(20)
                while place.running(SystemFileSystem()) != child.identity, SystemWorld().now < deadline { usleep(5_000) }
                try #require(place.running(SystemFileSystem()) == child.identity)
                return child
            }
            do { try await body(supervisor, stranger, place) } catch {
                _ = await supervisor.stop()
                throw error
            }
            _ = await supervisor.stop()
        }
    }

    /// Ticks until there is an event; nil when there is none within `limit`.
    private func event(_ supervisor: Supervisor, within limit: Duration = .seconds(20)) async throws -> Supervisor.Event? {
        let world = SystemWorld(), deadline = SystemWorld().now + limit
        while world.now < deadline {
            if let event = supervisor.tick().first { return event }
            try await world.sleep(for: .milliseconds(5))
        }
        return nil
    }

    @Test func whoRunsAlreadyIsWatchedAndStartedAgain() async throws {
        try await with(restarts: true, starting: true) { supervisor, stranger, _ in
            let other = try stranger()
            try supervisor.start()
            #expect(supervisor.processes == ["a": other.pid])
            other.signal(9)
            _ = other.wait()
            #expect(try await event(supervisor) == .ended(node: "a", .gone(inOrder: false), restartIn: RestartPolicy.firstDelay))
            guard case .started(node: "a", let pid) = try await event(supervisor) else { return #expect(Bool(false)) }
            #expect(pid != other.pid)
        }
    }

    @Test func whoIsStartedLaterIsAdopted() async throws {
        try await with(restarts: true, starting: false) { supervisor, stranger, place in
            try supervisor.start()
            #expect(supervisor.processes.isEmpty)
            let other = try stranger()
            #expect(try await event(supervisor) == .adopted(node: "a", pid: other.pid))
            other.signal(SIGTERM)
            _ = other.wait()
            #expect(try await event(supervisor) == .ended(node: "a", .gone(inOrder: true), restartIn: nil))
            #expect(supervisor.isOver)
        }
    }

    @Test func whoIsAdoptedEndsWithTheRestUnlessOnlyOnesOwnShall() async throws {
        try await with(restarts: false, starting: true) { supervisor, stranger, place in
            let other = try stranger()
            try supervisor.start()
            #expect(await supervisor.stop(.ownChildren) == [])
            #expect(other.identity.isRunning)
            #expect(try await event(supervisor) == .adopted(node: "a", pid: other.pid))
            async let report = onOwnThread { other.wait() }
            #expect(await supervisor.stop() == [])
            #expect(try await report.ending == .exited(code: 0))
        }
    }

    @Test func whoIsReleasedGoesOn() async throws {
        try await with(restarts: true, starting: true) { supervisor, _, place in
            try supervisor.start()
            let pid = try #require(supervisor.processes["a"])
            let deadline = SystemWorld().now + .seconds(20)
            while place.running(SystemFileSystem()) == nil, SystemWorld().now < deadline { usleep(5_000) }
            supervisor.release()
            #expect(supervisor.isOver)
            let process = try #require(place.running(SystemFileSystem()))
            #expect(process.pid == pid)
            process.signal(9)
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
