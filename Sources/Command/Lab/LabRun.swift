import Lab
import Logging
import Topology
import Web
import World

/// One run of the lab, in its namespace: network, servers and nodes, until Ctrl-C.
struct LabRun {
    let topology: Topology
    let namespace: LabNamespace
    let settings: UpRun.Settings
    /// Forgets what earlier runs of the nodes have left.
    let isFresh: Bool
    let world: any World

    /// For a server to start, which the one who asks waits for.
    private static let requestDeadline = Duration.seconds(60)

    func run() async throws {
        let place = LabFiles(topology), files = SystemFileSystem()
        try checkTopology()
        do { try files.createPrivateDirectory(place.directory) } catch {
            throw CommandFailure(.ioError, "the lab's directory cannot be made: \(error)")
        }
        let mark = try RunMark(lock: place.lock, pid: place.pid, who: "the lab of \(topology.file)", files: files)
        defer { mark.remove() }
        let interrupts = Interrupts(world)
        let missing = try await makeNetwork(place)
        for sentence in missing { Console.note(sentence) }
        let servers = LabServers(topology, place, world: world)
        let control = control(place, LabRoutes(
            topology: topology, namespace: namespace, servers: servers, missing: missing, world: world))
        do {
            for server in LabServer.allCases {
                try await servers.start(server)
                guard interrupts.count == 0 else {
                    throw CommandFailure(.interrupted, "ended by Ctrl-C; the lab's servers have been stopped")
                }
            }
            do { try await control.start() } catch { throw CommandFailure(.unavailable, "the lab cannot be controlled: \(error)") }
            Console.note("the lab's servers answer: \(LabServer.names)")
            Console.note("its network is reached from another shell by: gossamer lab exec -- curl ..., or gossamer lab shell\(joining)")
            try await runNodes(files)
        } catch {
            await control.stop()
            await servers.stopAll()
            throw error
        }
        await control.stop()
        await servers.stopAll()
        Console.note("the lab's servers have ended")
    }

    /// For those who have no copy of this program at hand.
    private var joining: String {
        guard let process = ProcessIdentity.own?.pid else { return "" }
        return ", or " + (namespace.joining(process) + ["sh"]).joined(separator: " ")
    }

    private func control(_ place: LabFiles, _ routes: LabRoutes) -> WebServer {
        var log = Logger(label: "lab")
        log.logLevel = .error
        return WebServer(
            name: "lab.control", address: .unixSocket(path: place.socket), routes: routes.routes, world: world,
            limits: WebLimits(requestDeadline: Self.requestDeadline, stopGrace: .seconds(1)), logger: log)
    }

    private func runNodes(_ files: SystemFileSystem) async throws {
        let plan = try UpPlan(topology, names: [], maySkipRunning: false, files: files)
        try plan.check(files)
        if isFresh { try plan.removeData(files) }
        try await UpRun(plan: plan, settings: settings, world: world).run()
    }

    /// The nodes must ask whom the lab has.
    private func checkTopology() throws(CommandFailure) {
        let resolver = LabServer.dnsmasq.address, registry = "http://\(RDAPHosts.bootstrap)/rdap", lookup = topology.lookup
        var complaints: [String] = []
        if lookup.dns.map(\.description) != [resolver] { complaints.append("lookup.dns must be [\"\(resolver)\"]") }
        if lookup.rdapURL != registry { complaints.append("lookup.rdap must be \(registry)") }
        let kinds = lookup.geoFiles.map { GeoIPDatabases.Kind(path: $0) }
        if kinds.isEmpty || kinds.contains(where: { $0 == nil }) {
            let names = GeoIPDatabases.Kind.allCases.map { "\($0.rawValue).mmdb" }.joined(separator: ", ")
            complaints.append("lookup.geoip.files must be files of the lab's own, named \(names)")
        }
        guard complaints.isEmpty else {
            let words = complaints.joined(separator: "; ")
            throw CommandFailure(.usage, "\(topology.file) is no topology for the lab: \(words). See topology/lab.yaml")
        }
    }

    /// - Returns: what could not be had and is not needed by all lookups, in sentences.
    private func makeNetwork(_ place: LabFiles) async throws -> [String] {
        var missing: [String] = []
        if let words = try await configure(LabNetwork.loopback, place) {
            throw CommandFailure(.unavailable, "the lab's network cannot be set up: \(words); it needs Debian's package iproute2")
        }
        // Inside, everybody has the group 0.
        let permission = try await SystemTool.run(["sh", "-c", "echo 0 0 > /proc/sys/net/ipv4/ping_group_range"], world)
        if !permission.isSuccess {
            missing.append("pings need a raw socket or the method tcp, because net.ipv4.ping_group_range cannot be set: \(permission.text)")
        }
        return missing
    }

    /// - Returns: why not.
    private func configure(_ lines: [String], _ place: LabFiles) async throws -> String? {
        do { try world.files.writeDurably(Array((lines.joined(separator: "\n") + "\n").utf8), to: place.batch) } catch {
            throw CommandFailure(.ioError, "\(error)")
        }
        let outcome = try await SystemTool.run(["ip", "-batch", place.batch], world)
        return outcome.isSuccess ? nil : outcome.text
    }
}
