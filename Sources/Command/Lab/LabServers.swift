import Glibc
import JSONDocument
import Lab
import Lookup
import Topology
import World

/// The lab's servers: started, stopped and asked how they are, one by one.
actor LabServers {
    /// For a server to answer, and for one to end before it is killed.
    private static let patience = Duration.seconds(20), grace = Duration.seconds(3)

    private enum State {
        case stopped
        /// `nil` for what is no process.
        case running(ChildProcess?)
        /// It has ended by itself.
        case ended(ChildProcess.Ending)
    }

    private let topology: Topology
    private let place: LabFiles
    private let world: any World
    private let executor: any ActorExecutor
    private var states: [LabServer: State] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ topology: Topology, _ place: LabFiles, world: any World) {
        self.topology = topology
        self.place = place
        self.world = world
        executor = world.makeExecutor("lab.servers")
    }

    /// Starts a server and returns once it answers. What runs already is left alone.
    /// - Throws: ``CommandFailure``.
    func start(_ server: LabServer) async throws {
        if case .running = state(of: server) { return }
        switch server {
        case .geoip: try writeDatabases(knowingNothing: false)
        case .host: try await changeHost(LabNetwork.add(LabServer.hostAddress))
        case .knot, .unbound, .dnsmasq, .rdap: return try await startProcess(server)
        }
        states[server] = .running(nil)
    }

    /// Stops a server and returns once it has ended. What does not run is left alone.
    /// - Throws: ``CommandFailure``.
    func stop(_ server: LabServer) async throws {
        guard case .running(let child) = state(of: server) else { return }
        states[server] = .stopped
        if let child { return await end(child) }
        if server == .host { return try await changeHost(LabNetwork.remove(LabServer.hostAddress)) }
        // Nodes use what they have read for as long as there is nothing better, so a file that is gone would take nothing away.
        try writeDatabases(knowingNothing: true)
    }

    /// Ends all processes.
    func stopAll() async {
        for server in LabServer.allCases.reversed() {
            guard case .running(let child?) = state(of: server) else { continue }
            states[server] = .stopped
            await end(child)
        }
    }

    /// How each is.
    var document: JSON {
        .array(LabServer.allCases.map { server in
            let (word, pid): (String, Int32?) = switch state(of: server) {
            case .stopped: ("stopped", nil)
            case .running(let child): ("running", child?.pid)
            case .ended(let ending): ("ended: \(ending)", nil)
            }
            return [
                "name": .string(server.rawValue), "state": .string(word), "address": .string(server.address), "role": .string(server.role),
                "pid": pid.map { .number($0) } ?? .null,
            ]
        })
    }

    private func state(of server: LabServer) -> State {
        if case .running(let child?) = states[server], let report = child.poll() { states[server] = .ended(report.ending) }
        return states[server] ?? .stopped
    }

    // MARK: Processes

    /// Runs a program that ends with this process, however that ends, and with SIGTERM: the shell passes it on, and it is told the end of
    /// this process by the end of its input.
    private static let keeper = """
        exec 3<&0
        "$@" </dev/null 3<&- & server=$!
        { cat <&3 >/dev/null; kill "$server"; } & watcher=$!
        trap 'kill "$server"' TERM
        exec 3<&-
        wait "$server"; status=$?
        while kill -0 "$server" 2>/dev/null; do wait "$server"; status=$?; done
        kill "$watcher" 2>/dev/null
        exit "$status"
        """

    private func startProcess(_ server: LabServer) async throws {
        let words = try words(of: server)
        let child: ChildProcess
        do {
            child = try ChildProcess(
                path: "/bin/sh", arguments: ["-c", Self.keeper, "sh"] + words, input: .lifeline, output: .file(place.log(of: server)),
                error: .file(place.log(of: server)))
        } catch {
            throw CommandFailure(.ioError, "\(server.rawValue) cannot be started: \(error)")
        }
        states[server] = .running(child)
        let deadline = world.now + Self.patience
        while await !answers(server) {
            if case .ended(let ending) = state(of: server) {
                let words = lastWords(of: server)
                throw CommandFailure(.unavailable, "\(server.rawValue) has ended with \(ending) instead of answering; it said: \(words)")
            }
            guard world.now < deadline else {
                try await stop(server)
                throw CommandFailure(
                    .timedOut, "\(server.rawValue) does not answer at \(server.address) after \(DurationText.short(Self.patience)); "
                        + "it said: \(lastWords(of: server))")
            }
            try await world.sleep(for: .milliseconds(20))
        }
    }

    private func words(of server: LabServer) throws -> [String] {
        guard let nameServer = server.nameServer else { return [ChildProcess.ownProgram, "lab", "serve"] }
        guard world.files.exists(nameServer.program) else {
            throw CommandFailure(
                .unavailable, "the lab needs \(nameServer.program), which is not there; "
                    + "Scripts/setup-lab.sh installs it (Debian's package \(nameServer.package))")
        }
        let home = place.home(of: server)
        do throws(FileError) {
            try world.files.createDirectory(home)
            for file in nameServer.files(in: home) { try world.files.writeDurably(Array(file.text.utf8), to: file.path) }
        } catch {
            throw CommandFailure(.ioError, "the configuration of \(server.rawValue) cannot be written: \(error)")
        }
        return [nameServer.program] + nameServer.arguments(in: home)
    }

    /// The authority is ready when it knows its zone; the others, when they listen.
    private func answers(_ server: LabServer) async -> Bool {
        if server == .knot {
            let settings = DNSClient.Settings(servers: [server.address], patience: .milliseconds(500), rounds: 1)
            let resolver = LookupResolver(DNSClient(settings, through: OutsideHosts(world: world)))
            let found = try? await resolver.addresses(of: "ns.lab.test", world)
            return found?.isEmpty == false
        }
        let address = server.address
        guard let end = address.lastIndex(of: ":"), let port = Int(address[address.index(after: end)...]) else { return true }
        return PortProbe.probe(host: String(address[..<end]), port: port) == .inUse
    }

    private func end(_ child: ChildProcess) async {
        child.signal(SIGTERM)
        let deadline = world.now + Self.grace
        while child.poll() == nil {
            if world.now >= deadline {
                child.signal(SIGKILL)
                _ = try? await world.compute { child.wait() }
                return
            }
            try? await world.sleep(for: .milliseconds(10))
        }
    }

    private func lastWords(of server: LabServer) -> String {
        let files = SystemFileSystem(), path = place.log(of: server)
        let bytes = (try? files.read(path, from: max(0, files.size(of: path) - 600), limit: 600)) ?? []
        let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: "; ")
        return words.isEmpty ? "nothing" : words
    }

    // MARK: What is no process

    private func writeDatabases(knowingNothing: Bool) throws {
        do throws(FileError) {
            for path in topology.lookup.geoFiles {
                guard let kind = GeoIPDatabases.Kind(path: path) else { continue }
                try world.files.createDirectory(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
                try world.files.writeDurably(GeoIPDatabases.bytes(kind, builtAt: world.wallTime, knowsNothing: knowingNothing), to: path)
            }
        } catch {
            throw CommandFailure(.ioError, "the GeoIP databases cannot be written: \(error)")
        }
    }

    private func changeHost(_ line: String) async throws {
        let outcome = try await SystemTool.run(["ip"] + line.split(separator: " ").map(String.init), world)
        // Whoever has the address already has what was wanted.
        guard outcome.isSuccess || outcome.text.contains("File exists") || outcome.text.contains("already assigned") else {
            throw CommandFailure(.unavailable, "ip \(line): \(outcome.text)")
        }
    }
}
