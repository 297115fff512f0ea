import Command
import Foundation
import Testing
import Topology
import World

@Suite struct ProcessTests {
    @Test func aRecycledNumberIsNotTheProcessItWas() throws {
        let own = try #require(ProcessIdentity.own)
        #expect(own.isRunning)
        let earlier = ProcessIdentity(pid: own.pid, startTicks: own.startTicks - 1, boot: own.boot)
        #expect(!earlier.isRunning)
        // If this were sent, it would be this test's last deed.
        #expect(!earlier.signal(9))
        #expect(ProcessIdentity(own.description) == own)
        for text in ["", "17", "17 x y", "-1 5 boot", "0 5 boot"] { #expect(ProcessIdentity(text) == nil) }
    }

    @Test func aProcessWhoseFirstThreadHasEndedStillRuns() throws {
        let program = """
            import ctypes, platform, threading, time
            threading.Thread(target=time.sleep, args=(60,)).start()
            print("ready", flush=True)
            ctypes.CDLL(None).syscall(93 if platform.machine() == "aarch64" else 60, 0)
            """
        let child = try ChildProcess(
            path: "/usr/bin/env", arguments: ["python3", "-c", program], output: .pipe, error: .inherited)
        defer { _ = child.wait() }
        #expect(child.readLine() == "ready")
        func state() -> String {
            let stat = (try? SystemFileSystem().read("/proc/\(child.pid)/stat")).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return stat.split(separator: ")").last.map { String($0.prefix(2)) } ?? ""
        }
        for _ in 0..<1_000 where state() != " Z" { usleep(10_000) }
        #expect(state() == " Z")
        #expect(child.identity.isRunning)
        #expect(child.identity.signal(SIGKILL))
        for _ in 0..<1_000 where child.identity.isRunning { usleep(10_000) }
        #expect(!child.identity.isRunning)
    }

    @Test func aChildEndsAndTellsHow() throws {
        let child = try ChildProcess(path: "/bin/sh", arguments: ["-c", "echo hello; exit 3"], output: .pipe, error: .inherited)
        #expect(child.readLine() == "hello")
        #expect(child.readLine() == nil)
        #expect(child.wait().ending == .exited(code: 3))
        #expect(!child.identity.isRunning)
    }

    /// Who reads a pipe to its end would otherwise wait for the end of every child that was started meanwhile.
    @Test func aChildGetsNoDescriptorBeyondItsThree() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let child = try ChildProcess(
            path: "/bin/sh", arguments: ["-c", "read line"], input: .lifeline, output: .file("/dev/null"), error: .inherited)
        close(ends[1])
        var state = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        #expect(poll(&state, 1, 0) == 1 && Int32(state.revents) & POLLHUP != 0, "the child holds the other end")
        #expect(child.poll() == nil, "it still runs")
        child.signal(SIGKILL)
        #expect(child.wait().ending == .signalled(SIGKILL))
    }

    @Test func aProgramThatIsNotThereIsAnError() {
        #expect(throws: FileError.self) {
            try ChildProcess(path: "/no/such/program", arguments: [], output: .inherited, error: .inherited)
        }
    }

    @Test func aLifelineHoldsUntilItsHolderLetsGo() throws {
        // With an input that ends at once the shell would be gone by itself.
        let child = try ChildProcess(
            path: "/bin/sh", arguments: ["-c", "read line; echo \"end $?\""], input: .lifeline, output: .pipe, error: .inherited)
        #expect(child.poll() == nil)
        #expect(child.identity.isRunning)
        #expect(child.signal(15))
        #expect(child.wait().ending == .signalled(15))
    }
}

@Suite struct RunMarkTests {
    @Test func whoIsMarkedIsFoundAndNobodyElse() throws {
        try withDirectory { directory in
            let place = NodeFiles(directory: directory)
            let files = SystemFileSystem()
            #expect(place.running(files) == nil)
            let mark = try RunMark(lock: place.lock, pid: place.pid, who: "node n1", files: files)
            #expect(place.running(files) == ProcessIdentity.own)
            #expect(throws: CommandFailure.self) { try RunMark(lock: place.lock, pid: place.pid, who: "node n1", files: files) }
            mark.remove()
            #expect(place.running(files) == nil)
        }
    }
}

@Suite struct UpPlanTests {
    private func topology(_ directory: String) throws -> Topology {
        try Topology.parse(
            "mesh: test\nnodes:\n  - {name: n1, port: 7900}\n  - {name: n2, port: 7910, admin: {port: 7913}, edge: {port: 7914}}\n",
            file: directory + "/mesh.yaml")
    }

    @Test func aPortInUseIsNamedWithItsNode() throws {
        let topology = try topology("x")
        let complaints = PortCheck.complaints(topology.nodes) { $0.number == 7913 ? .inUse : .free }
        #expect(complaints.count == 1)
        #expect(complaints[0].hasPrefix("port 7913 (admin port of node n2, on 127.0.0.1) is in use"))
        #expect(PortCheck.ports(of: topology.nodes[1]).map(\.number) == [7910, 7911, 7912, 7913, 7914])
    }

    @Test func aNodeThatIsNotInTheFileIsNotStarted() throws {
        #expect {
            try UpPlan(try topology("x"), names: ["n3"], maySkipRunning: false, files: SystemFileSystem())
        } throws: { error in
            (error as? CommandFailure)?.status == .usage && "\(error)".contains("it has n1, n2")
        }
    }

    @Test func aRunningNodeIsInTheWayUnlessTheRestIsToBeStarted() throws {
        try withDirectory { directory in
            let topology = try topology(directory), files = SystemFileSystem()
            let place = NodeFiles(topology.nodes[0])
            try files.createDirectory(place.directory)
            let mark = try RunMark(lock: place.lock, pid: place.pid, who: "node n1", files: files)
            defer { mark.remove() }
            #expect {
                try UpPlan(topology, names: [], maySkipRunning: false, files: files)
            } throws: { ($0 as? CommandFailure)?.status == .unavailable }
            let plan = try UpPlan(topology, names: [], maySkipRunning: true, files: files)
            #expect(plan.starting.map(\.name) == ["n2"])
            #expect(plan.all.map(\.name) == ["n1", "n2"])
        }
    }

    @Test func freshRemovesWhatWasANodesAndNothingElse() throws {
        try withDirectory { directory in
            let topology = try topology(directory), files = SystemFileSystem()
            let first = NodeFiles(topology.nodes[0]), second = NodeFiles(topology.nodes[1])
            try files.createDirectory(first.directory)
            try files.createDirectory(second.directory)
            try append("", to: first.lock)
            try append("1", to: first.directory + "/life")
            try append("letters to my mother", to: second.directory + "/precious")
            let plan = try UpPlan(topology, names: [], maySkipRunning: false, files: files)
            #expect(throws: CommandFailure.self) { try plan.removeData(files) }
            #expect(files.exists(first.directory + "/life") && files.exists(second.directory + "/precious"))
            try files.removeTree(second.directory)
            try plan.removeData(files)
            #expect(!files.exists(first.directory))
        }
    }

    @Test func aTreeIsRemovedWithoutFollowingLinks() throws {
        try withDirectory { directory in
            let files = SystemFileSystem()
            try files.createDirectory(directory + "/a/b")
            try files.createDirectory(directory + "/kept")
            try append("x", to: directory + "/kept/file")
            try FileManager.default.createSymbolicLink(
                atPath: directory + "/a/b/link", withDestinationPath: directory + "/kept")
            try files.removeTree(directory + "/a")
            #expect(!files.exists(directory + "/a") && files.exists(directory + "/kept/file"))
        }
    }
}
