import Foundation
import JSONDocument
import Lab
import Logging
import Lookup
import Testing
import TestSupport
import World

/// Database files that change, and that are not what they should be.
@Suite struct GeoIPFilesTests {
    private static func database(_ city: String, builtAtSeconds: UInt64 = 1_750_000_000) -> [UInt8] {
        var writer = MaxMindWriter(type: "Test-City", builtAtSeconds: builtAtSeconds)
        writer.add(.map([("city", .map([("names", .map([("en", .text(city))]))]))]), [8, 8, 8, 0], length: 24)
        return writer.bytes
    }

    /// A worker with one file, and what it has said to the log.
    private struct Stage {
        let folder: TemporaryFolder
        let path: String
        let worker: GeoIPWorker
        let lines: LogLines

        init(_ bytes: [UInt8]?) async throws {
            folder = try TemporaryFolder()
            path = folder.path + "/City.mmdb"
            let lines = LogLines()
            self.lines = lines
            if let bytes { try SystemWorld().files.writeDurably(bytes, to: path) }
            worker = GeoIPWorker(try await Names.resolver(), files: [path], base: "", log: Logger(label: "test") { _ in lines })
        }

        /// Writes into the file that is there, as `cp` does.
        func overwrite(_ bytes: [UInt8]) throws {
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }

        func metric(_ name: String) -> Double? { worker.metrics.first { $0.name == name }?.value }
    }

    private static let damages: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
        ("half of it", { Array($0.prefix($0.count / 2)) }), ("nothing", { _ in [] }),
        ("something else", { _ in Array("no database".utf8) }),
        ("a tree that leads nowhere", { [UInt8](repeating: 0xFF, count: 6) + $0.dropFirst(6) }),
    ]

    @Test(arguments: damages.map(\.0)) func aFileThatIsWrittenOverWithWhatIsNoneChangesNothing(_ damage: String) async throws {
        let damaged = try #require(Self.damages.first { $0.0 == damage }).1
        let stage = try await Stage(Self.database("Before"))
        #expect(try await look(stage.worker, "8.8.8.8").json?["city"] == "Before")
        try stage.overwrite(damaged(Self.database("Between")))
        for _ in 0..<3 {
            let document = try await look(stage.worker, "8.8.8.8").json
            #expect(document?["city"] == "Before" && document?["message"] == .null)
            let problem = document?["source"]?["problems"]?[0]?.string ?? ""
            #expect(problem.hasPrefix("the database \(stage.path) cannot be used: "), "\(problem)")
            #expect(problem.hasSuffix("; what was read before is used on: Test-City, built 2025-06-15"), "\(problem)")
        }
        #expect(stage.metric("gossamer_geoip_refusals_total") == 1, "tried once for each state of the file")
        #expect(stage.metric("gossamer_geoip_current") == 0 && stage.metric("gossamer_geoip_readings_total") == 1)
        #expect(stage.lines.all.filter { $0.contains("cannot be used") }.count == 1)
        try stage.overwrite(Self.database("Afterwards", builtAtSeconds: 1_751_000_000))
        let document = try await look(stage.worker, "8.8.8.8").json
        #expect(document?["city"] == "Afterwards" && document?["source"]?["problems"] == [])
        #expect(stage.metric("gossamer_geoip_current") == 1 && stage.metric("gossamer_geoip_readings_total") == 2)
        #expect(stage.metric("gossamer_geoip_built_timestamp_seconds") == 1_751_000_000)
    }

    @Test func aFileThatIsTakenAwayIsUsedOnAndComesWithoutARestart() async throws {
        let stage = try await Stage(nil)
        #expect(try await look(stage.worker, "8.8.8.8").complaint == "the database \(stage.path) cannot be used: No such file or directory")
        #expect(stage.metric("gossamer_geoip_current") == 0 && stage.metric("gossamer_geoip_built_timestamp_seconds") == nil)
        try SystemWorld().files.writeDurably(Self.database("Here"), to: stage.path)
        #expect(try await look(stage.worker, "8.8.8.8").json?["city"] == "Here")
        try SystemWorld().files.remove(stage.path)
        let document = try await look(stage.worker, "8.8.8.8").json
        #expect(document?["city"] == "Here" && document?["source"]?["problems"]?[0]?.string?.contains("No such file") == true)
    }

    /// A file that is cut while it is mapped would end the process at the next page.
    @Test func aFileThatIsCutBetweenTwoQuestionsHarmsNothing() async throws {
        var writer = MaxMindWriter(type: "Test-City", builtAtSeconds: 1_750_000_000)
        for number in 0..<200 as Range<UInt8> {
            writer.add(.map([("city", .map([("names", .map([("en", .text("City \(number)"))]))]))]), [9, number, 0, 0], length: 16)
        }
        let stage = try await Stage(writer.bytes)
        #expect(try await look(stage.worker, "9.1.1.1").json?["city"] == "City 1")
        try stage.overwrite([])
        for number in 0..<200 { #expect(try await look(stage.worker, "9.\(number).1.1").json?["city"] == .string("City \(number)")) }
    }

    @Test(arguments: ["/dev/null", "/tmp"]) func whatIsNoFileIsNoDatabase(_ path: String) async throws {
        let worker = GeoIPWorker(try await Names.resolver(), files: [path], base: "")
        #expect(try await look(worker, "8.8.8.8").complaint == "the database \(path) cannot be used: it is no file")
        let remedy = "replace it, which needs no restart, or take it from geoip.files"
        #expect(worker.obstacles(SystemWorld()) == ["the database \(path) cannot be used: it is no file: \(remedy)"])
    }

    @Test func whatSeveralFilesSayIsTakenFromTheFirstThatDoes() async throws {
        func country(_ name: String, _ key: String) -> MaxMindWriter.Value {
            .map([(key, .map([("names", .map([("en", .text(name))]))]))])
        }
        let folder = try TemporaryFolder()
        var paths: [String] = []
        for (name, record) in [
            ("City", country("Registered", "registered_country")), ("Country", country("First", "country")),
            ("Other", country("Second", "country")),
        ] {
            var writer = MaxMindWriter(type: "Test-\(name)", builtAtSeconds: 1_750_000_000)
            writer.add(record, [8, 8, 8, 0], length: 24)
            paths.append(folder.path + "/\(name).mmdb")
            try SystemWorld().files.writeDurably(writer.bytes, to: paths[paths.count - 1])
        }
        let worker = GeoIPWorker(try await Names.resolver(), files: paths, base: "")
        let document = try #require(try await look(worker, "8.8.8.8").json)
        #expect(document["country"] == "First", "where it is counts more than where it is registered")
        let files = document["source"]?["files"]?.elements ?? []
        #expect(files.map { $0["fields"] ?? .null } == [[], ["country"], []])
        let mapped = try await look(worker, "::ffff:8.8.8.8").json
        #expect(mapped?["country"] == "First" && mapped?["resolvedAddress"] == "::ffff:8.8.8.8")
        #expect(document["lat"] == 0 && document["lon"] == 0 && document["city"] == "")
        #expect(document["unknown"]?.elements?.count == 11)
    }
}
