import JSONDocument
import Jobs
import Lookup
import MessagePack
import Testing
import TestSupport
import World

/// From where is looked: what users may write, and what is made of it.
@Suite struct LookupVantageTests {
    private static let job = WorkID(milliseconds: 1_800_000_000_000, randomA: 1, randomB: 2)
    /// In the order of a ring, those of further zones first.
    private static let points = [
        VantagePoint(name: "n5", zone: "us"), VantagePoint(name: "n1", zone: "eu"), VantagePoint(name: "n4", zone: "asia"),
        VantagePoint(name: "n2", zone: "eu"), VantagePoint(name: "n3", zone: "us"),
    ]

    @Test(arguments: [
        (#""all""#, LookupVantage.Asked.all), (#""All""#, .all), ("1", .count(1)), ("32", .count(32)), (#"{"zone":"eu"}"#, .zone("eu")),
        (#"{"ZONE":"EU"}"#, .zone("EU")), (#"{"Node":"n3"}"#, .node("n3")), (#"{"sameas":"\#(job)"}"#, .sameAs(job)),
        (#"{"sameAs":"\#(job)"}"#, .sameAs(job)),
    ])
    func whatMayBeWritten(_ text: String, _ asked: LookupVantage.Asked) throws {
        #expect(try LookupVantage.Asked(JSON(parsing: text.utf8)) == asked)
        #expect(try LookupVantage.Asked(asked.json) == asked)
    }

    @Test(arguments: [
        ("0", "0 nodes; 1 to 32"), ("33", "33 nodes; 1 to 32"), ("-1", "-1 nodes"), ("1.5", "1.5 nodes"), ("true", "true says nothing"),
        (#""some""#, #""some" says nothing; give "all""#), ("[]", "[] says nothing"), ("{}", "{} says nothing"),
        (#"{"zone":"eu","node":"n1"}"#, "says nothing"), (#"{"rack":"a"}"#, "'rack' is no key"), (#"{"zone":""}"#, #""" is no zone"#),
        (#"{"node":3}"#, "3 is no node"), (#"{"sameAs":"nonsense"}"#, "'nonsense' is no id of a job"),
        (#"{"zone":"\#(String(repeating: "z", count: 101))"}"#, "is no zone: that is a string of 1 to 100 bytes"),
    ])
    func whatMayNotBeWritten(_ text: String, _ words: String) throws {
        let json = try JSON(parsing: text.utf8)
        let refusal = #expect(throws: VantageRefusal.self) { try LookupVantage.Asked(json) }
        #expect(refusal?.description.contains(words) == true, "\(refusal.map { "\($0)" } ?? "")")
    }

    @Test(arguments: [
        (LookupVantage.Asked.all, ["n1", "n2", "n3", "n4", "n5"], 0), (.count(1), ["n5"], 0), (.count(3), ["n5", "n1", "n4"], 0),
        (.count(5), ["n5", "n1", "n4", "n2", "n3"], 0), (.count(6), ["n5", "n1", "n4", "n2", "n3"], 1), (.zone("eu"), ["n1", "n2"], 0),
        (.node("n3"), ["n3"], 0),
    ])
    func whichNodesAreMeant(_ asked: LookupVantage.Asked, _ nodes: [String], _ warnings: Int) throws {
        let vantage = try LookupVantage(asked, from: Self.points, services: 4)
        #expect(vantage.nodes == nodes && vantage.warnings.count == warnings && vantage.asked == asked)
        if warnings > 0 { #expect(vantage.warnings == ["6 nodes were asked for, and 5 look up"]) }
    }

    @Test(arguments: [
        (LookupVantage.Asked.zone("mars"), "no node of the zone 'mars' looks up; known are asia, eu, us"),
        (.node("n9"), "no node 'n9' looks up; known are n1, n2, n3, n4, n5"), (.node("N3"), "no node 'N3' looks up"),
        (.sameAs(job), "there is no lookup job \(job)"),
    ])
    func whoIsNotThereCannotBeAsked(_ asked: LookupVantage.Asked, _ words: String) {
        let refusal = #expect(throws: VantageRefusal.self) { try LookupVantage(asked, from: Self.points, services: 1) }
        #expect(refusal?.description.hasPrefix(words) == true, "\(refusal.map { "\($0)" } ?? "")")
    }

    @Test func whereNobodyLooksUpNobodyCanBeMeant() {
        #expect(throws: VantageRefusal.self) { try LookupVantage(.all, from: [], services: 1) }
        let refusal = #expect(throws: VantageRefusal.self) {
            try LookupVantage(.zone("eu"), from: [VantagePoint(name: "n1")], services: 1)
        }
        #expect(refusal?.description == "no node of the zone 'eu' looks up; none of those that look up is in a zone")
    }

    @Test func nodesTimesServicesHaveALimit() throws {
        let many = (1...17).map { VantagePoint(name: "n\($0)") }
        #expect(try LookupVantage(.count(16), from: many, services: 4).nodes.count == 16)
        let refusal = #expect(throws: VantageRefusal.self) { try LookupVantage(.all, from: many, services: 4) }
        #expect(refusal?.description.hasPrefix("17 nodes and 4 services are 68 lookups; at most 64 are allowed") == true)
        #expect(try LookupVantage(.all, from: many, services: 3).nodes.count == 17)
    }

    // MARK: As before

    private static func earlier(_ vantage: LookupVantage?, by nodes: [String]) throws -> LookupStatus {
        var status = LookupStatus(
            jobId: job, request: LookupRequest(target: try LookupTarget("192.0.2.1"), services: [0, 1, 2], vantage: vantage),
            status: .completed, createdAtMs: 0)
        status.results = nodes.enumerated().map { index, node in
            LookupOutcome(service: index, result: .success("{}"), completedAtMs: 1, durationMs: 1, node: node)
        }
        return status
    }

    @Test func theNodesOfAnEarlierJobAreThoseItNamed() throws {
        let earlier = try Self.earlier(LookupVantage(asked: .count(2), nodes: ["n4", "n2"]), by: ["n4"])
        let vantage = try LookupVantage(.sameAs(Self.job), from: Self.points, services: 1, earlier: earlier)
        #expect(vantage.nodes == ["n4", "n2"] && vantage.warnings.isEmpty && vantage.asked == .sameAs(Self.job))
    }

    @Test func orThoseThatLookedWhenItNamedNone() throws {
        let earlier = try Self.earlier(nil, by: ["n3", "n1", "n3"])
        #expect(try LookupVantage(.sameAs(Self.job), from: Self.points, services: 1, earlier: earlier).nodes == ["n3", "n1"])
        let none = try Self.earlier(nil, by: ["", ""])
        #expect(throws: VantageRefusal.self) { try LookupVantage(.sameAs(Self.job), from: Self.points, services: 1, earlier: none) }
    }

    @Test func whatHasGoneSinceIsWarnedOf() throws {
        let earlier = try Self.earlier(LookupVantage(asked: .all, nodes: ["n1", "n8", "n9"]), by: [])
        let vantage = try LookupVantage(.sameAs(Self.job), from: Self.points, services: 1, earlier: earlier)
        #expect(vantage.nodes == ["n1"] && vantage.warnings == ["of the nodes of job \(Self.job) these do not look up now: n8, n9"])
        let gone = try Self.earlier(LookupVantage(asked: .all, nodes: ["n8", "n9"]), by: [])
        #expect(throws: VantageRefusal.self) { try LookupVantage(.sameAs(Self.job), from: Self.points, services: 1, earlier: gone) }
    }

    // MARK: Requests

    @Test func aRequestOfAnEarlierReleaseHasNoVantage() throws {
        struct Old: Codable {
            let target: LookupTarget
            let services: [Int]
        }
        let bytes = try MessagePackEncoder().encode(Old(target: try LookupTarget("192.0.2.1"), services: [2, 0]))
        let request = try MessagePackDecoder().decode(LookupRequest.self, from: bytes)
        #expect(request.vantage == nil && request.parts.map(\.name) == ["2", "0"] && request.objection == nil)
    }

    @Test(arguments: [LookupVantage.Asked.all, .count(2), .zone("eu"), .node("n1"), .sameAs(job)])
    func aRequestKeepsFromWhereToLook(_ asked: LookupVantage.Asked) throws {
        let vantage = LookupVantage(asked: asked, nodes: ["n2", "n1"], warnings: ["few"])
        let request = LookupRequest(target: try LookupTarget("192.0.2.1"), services: [2, 0], vantage: vantage)
        #expect(try MessagePackDecoder().decode(LookupRequest.self, from: MessagePackEncoder().encode(request)) == request)
        #expect(request.parts.map(\.name) == ["2@n2", "2@n1", "0@n2", "0@n1"])
    }

    @Test(arguments: [
        ([] as [String], "no node"), (["n1", "n1"], "twice"), ([""], "no name of a node"), ([String(repeating: "n", count: 101)], "no name of a node"),
        ((1...33).map { "n\($0)" }, "66 lookups"),
    ])
    func whatNoEdgeWouldHaveDecidedIsRefused(_ nodes: [String], _ words: String) throws {
        let request = LookupRequest(target: try LookupTarget("192.0.2.1"), services: [0, 1], vantage: LookupVantage(asked: .all, nodes: nodes))
        #expect(request.objection?.contains(words) == true)
    }

    // MARK: Outcomes

    @Test func anOutcomeOfAnEarlierReleaseSaysLess() throws {
        struct Old: Codable {
            var service = 1, isSuccess = false, data: String?, errorMessage: String? = "no", completedAtMs = 1, durationMs = 2, node = "n1"
        }
        let outcome = try MessagePackDecoder().decode(LookupOutcome.self, from: MessagePackEncoder().encode(Old()))
        #expect(outcome.resolvedAddress == nil && outcome.failureSource == nil && outcome.errorMessage == "no")
    }

    @Test func aFileKeepsTheAddressAndWhereAFailureLies() async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        let store = try FileLookupResultStore(world: world, directory: folder.path)
        let good = LookupOutcome(
            service: 0, result: .success("{}"), completedAtMs: 1, durationMs: 1, node: "n1", resolvedAddress: "192.0.2.1")
        let bad = LookupOutcome(
            service: 1, result: .failure(LookupFailure("no way", source: .node)), completedAtMs: 1, durationMs: 1, node: "n1")
        for outcome in [good, bad] { try await store.save(outcome, of: Self.job) }
        #expect(await store.outcome(of: Self.job, service: 0) == good)
        #expect(await store.outcome(of: Self.job, service: 1) == bad)
        let old = #"{"service":1,"success":false,"data":null,"errorMessage":"no","completedAtMs":1,"durationMs":1,"node":"n1"}"#
        try world.files.writeDurably(Array(old.utf8), to: folder.path + "/\(Self.job)-1.json")
        #expect(await store.outcome(of: Self.job, service: 1)?.failureSource == .server)
    }
}
