import Jobs
import Lookup
import Membership
import Primes
import Testing
import Topology
import Transport
import World
import Yams

/// The files in `topology/` are what people start from.
@Suite struct ShippedFilesTests {
    @Test(arguments: ["local.yaml", "single.yaml", "lab.yaml", "reference.yaml"]) func everyFileIsFlawless(name: String) throws {
        let topology = try Topology.load(Files.path(name), from: SystemFileSystem())
        #expect(topology.warnings.isEmpty)
    }

    @Test func localIsFiveNodesOfWhichTwoAreEdges() throws {
        let topology = try Topology.parse(try Files.shipped("local.yaml"), file: "topology/local.yaml")
        #expect(topology.mesh == "local")
        #expect(topology.nodes.map(\.name) == ["n1", "n2", "n3", "n4", "n5"])
        #expect(topology.nodes.map(\.port) == [7100, 7110, 7120, 7130, 7140])
        #expect(topology.nodes.map { $0.admin?.description } == (1 ... 5).map { "127.0.0.1:910\($0)" })
        #expect(topology.nodes.map { $0.edge?.port } == [8080, 8081, nil, nil, nil])
        #expect(topology.nodes.allSatisfy { $0.roles == ["lookup", "primes", "store"] && $0.bind == "127.0.0.1" })
        #expect(topology.seeds.map(\.node) == ["n1", "n2"])
        #expect(topology.membership == MembershipOptions())
        #expect(topology.nodes[2].dataDir == "topology/.gossamer/local/n3")
    }

    @Test func singleIsOneNode() throws {
        let topology = try Topology.parse(try Files.shipped("single.yaml"), file: "single.yaml")
        #expect(topology.nodes.count == 1 && topology.nodes[0].isEdge)
        #expect(topology.seeds.map(\.node) == ["n1"])
    }

    /// Every mapping of the file, with its path: list indices and names that people choose are left out.
    func sections(_ node: Yams.Node, _ path: String = "") -> [(path: String, keys: [String])] {
        switch node {
        case .mapping(let mapping):
            let isFree = path.hasSuffix("labels") || path.hasSuffix("curve.nodes") || path.hasSuffix("allow") || path.hasSuffix("limits.keys")
            let keys = mapping.map { $0.key.scalar?.string ?? "" }
            var found = [(path, isFree ? [] : keys)]
            for (key, value) in zip(keys, mapping.map(\.value)) {
                found += sections(value, isFree ? path + ".*" : path.isEmpty ? key : "\(path).\(key)")
            }
            return found
        case .sequence(let sequence): return sequence.flatMap { sections($0, path + "[]") }
        default: return []
        }
    }

    @Test func theReferenceShowsEveryKeyThatTheParserKnows() throws {
        let tree = try #require(try Yams.compose(yaml: try Files.shipped("reference.yaml")))
        var shown: [String: Set<String>] = [:]
        for section in sections(tree) { shown[section.path, default: []].formUnion(section.keys) }
        // "defaults" may have what a node has; it is explained once.
        let node = shown["nodes[]", default: []].union(shown["defaults", default: []])
        #expect(node == Set(TopologyKeys.node))
        #expect(shown["nodes[].admin", default: []].union(shown["defaults.admin", default: []]) == Set(TopologyKeys.endpoint))
        #expect(shown["nodes[].edge"] == Set(TopologyKeys.endpoint))
        for (path, keys) in [
            ("", TopologyKeys.root), ("membership", TopologyKeys.membership), ("transport", TopologyKeys.transport),
            ("security", TopologyKeys.security),
            ("security.curve", TopologyKeys.curve), ("security.curve.nodes.*", TopologyKeys.curveNode),
            ("lookup", TopologyKeys.lookup), ("lookup.geoip", TopologyKeys.geoip), ("lookup.ping", TopologyKeys.ping),
            ("lookup.cache", TopologyKeys.cache),
            ("lookup.outside", TopologyKeys.outside), ("primes", TopologyKeys.primes), ("admin", TopologyKeys.admin),
            ("limits", TopologyKeys.limits), ("limits.post", TopologyKeys.limit), ("limits.get", TopologyKeys.limit),
            ("limits.all", TopologyKeys.limit), ("limits.keys.*", TopologyKeys.limitKey),
            ("log", TopologyKeys.log),
        ] {
            #expect(shown[path] == Set(keys), "\(path)")
        }
    }

    @Test func theReferenceLeavesNothingUnexplained() throws {
        // Beside every value stands whether it is the default or an example.
        let lines = try Files.shipped("reference.yaml").split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let content = line.drop { $0 == " " }
            guard !content.isEmpty, !content.hasPrefix("#") else { continue }
            let hasValue = !content.hasSuffix(":") && !content.hasPrefix("- ")
            #expect(!hasValue || content.contains("# default: ") || content.contains("# example"), "line \(number + 1)")
        }
    }

    @Test func whatTheReferenceCallsTheDefaultIsTheDefault() throws {
        let text = try Files.shipped("reference.yaml")
        for line in text.split(separator: "\n") {
            guard let comment = line.firstRange(of: "# default: ") else { continue }
            let key = line[..<comment.lowerBound].split(separator: ":", maxSplits: 1)
            let said = String(line[comment.upperBound...])
            let value = key[1].drop { $0 == " " }
            let written = String(value.reversed().drop { $0 == " " }.reversed())
            if said.hasPrefix("th") || said.hasPrefix(".gossamer") { continue }  // defaults that depend on other keys
            #expect(written == said, "\(key[0]) says that \(said) is the default, and has \(written)")
        }
        // Removing what is said to be the default changes nothing, the figures of other rooms aside.
        let whole = try Topology.parse(text, file: "r.yaml")
        let stripped = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            !line.contains("# default: ") || line.contains("preset:")
        }.joined(separator: "\n").replacing("  admin:\nnodes", with: "nodes").replacing("defaults:\n", with: "defaults: {}\n")
            .replacing("    host: 127.0.0.1\n", with: "")
        var lines = stripped.split(separator: "\n").map(String.init)
        // What is left of a section all of whose keys were removed.
        lines.removeAll { ["  admin:", "transport:", "  ping:", "  outside:", "  cache:", "primes:", "log:"].contains($0) }
        let bare = try Topology.parse(lines.joined(separator: "\n"), file: "r.yaml")
        #expect(bare.nodes == whole.nodes && bare.seeds == whole.seeds && bare.dataDir == whole.dataDir)
        #expect(bare.log == whole.log)
        #expect(bare.membership == MembershipOptions())
    }

    @Test func theFiguresOfTheOtherRoomsAreTheirDefaults() throws {
        let topology = try Topology.parse(try Files.shipped("reference.yaml"), file: "r.yaml")
        let (options, limits) = (topology.transport, LinkLimits())
        #expect(options.queuedFrames == limits.queuedFrames && options.queuedBytes == limits.queuedBytes)
        #expect(options.window == limits.window && options.windowBytes == limits.windowBytes)
        #expect(options.batchBytes == limits.batchBytes && options.inboundSessions == limits.inboundSessions)
        #expect(options.ackDelay == limits.ackDelay && options.unresponsiveAfter == limits.unresponsiveAfter)
        let (outside, figures) = (topology.lookup.outside, OutsideFigures())
        #expect(outside.calls == figures.calls && outside.questions == figures.questions && outside.waiting == figures.waiting)
        #expect(outside.attempts == figures.attempts && outside.failures == figures.failures && outside.hosts == figures.hosts)
        #expect(outside.pauseMin == figures.pauseMin && outside.pauseMax == figures.pauseMax)
        let (ping, settings) = (topology.lookup.ping, PingSettings())
        #expect(ping.count == settings.count && ping.interval == settings.interval && ping.timeout == settings.patience)
        #expect(ping.methods?.map(\.rawValue) == settings.methods.map(\.rawValue) && ping.ports == settings.ports)
        let (cache, kept) = (topology.lookup.cache, LookupCacheSettings())
        #expect(cache.entries == kept.entries && cache.bytes == kept.bytes)
        #expect(cache.keepMax == kept.keepMax && cache.failedMax == kept.failedMax)
        let (primes, work) = (topology.primes, PrimesRequest.defaultLimits)
        #expect(primes.deadline == work.deadline)
        #expect(primes.runningJobs == work.runningJobs)
    }

    @Test func theFiguresOfMembershipAreThoseOfItsPreset() throws {
        let options = try Topology.parse(try Files.shipped("reference.yaml"), file: "r.yaml").membership
        var given: [String: Any] = [:]
        for child in Mirror(reflecting: options).children { given[child.label ?? ""] = child.value }
        #expect(options.preset == .lan)
        given["preset"] = nil
        let preset = Mirror(reflecting: MembershipConfiguration.lan).children
        #expect(Set(given.keys) == Set(preset.compactMap(\.label)), "the file can set every figure, and no other")
        for child in preset {
            let label = child.label ?? ""
            let value = given[label]
            let equal = switch child.value {
            case let figure as Duration: value as? Duration == figure
            case let figure as Int: value as? Int == figure
            case let figure as Double: value as? Double == figure
            default: false
            }
            #expect(equal, "\(label): the reference has \(value ?? "nothing"), the preset \(child.value)")
        }
    }
}
