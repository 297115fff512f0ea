import Foundation
import JSONDocument
import Lab
import Lookup
import Testing
import TestSupport
import World

/// The files of the lab are read by libmaxminddb, as a node reads them.
@Suite struct DatabaseTests {
    private func withFiles<T>(
        _ files: [(name: String, bytes: [UInt8])], _ body: (LookupConfiguration) async throws -> T
    ) async throws -> T {
        let folder = FileManager.default.temporaryDirectory.path + "/lab-" + UUID().uuidString
        let system = SystemFileSystem()
        try system.createDirectory(folder)
        defer { try? system.removeTree(folder) }
        for file in files { try system.writeDurably(file.bytes, to: folder + "/" + file.name) }
        var configuration = LookupConfiguration()
        configuration.geoIPFiles = files.map { folder + "/" + $0.name }
        return try await body(configuration)
    }

    private func find(_ address: String, _ configuration: LookupConfiguration) async throws -> JSON {
        let world = SystemWorld()
        let workers = configuration.makeWorkers(through: OutsideHosts(world: world))
        let worker = try #require(workers.first { $0.service == .geoIP })
        return try await worker.lookUp(try LookupTarget(address), world).document
    }

    private static let builtAt = WallTime(millisecondsSince1970: 1_750_000_000_000)

    @Test func theThreeFilesTogetherKnowEveryAddressThatHasAPlace() async throws {
        let files = GeoIPDatabases.Kind.allCases.map { kind in
            (name: "\(kind.rawValue).mmdb", bytes: GeoIPDatabases.bytes(kind, builtAt: Self.builtAt))
        }
        try await withFiles(files) { configuration in
            let google = try await find("8.8.8.8", configuration)
            #expect(google["city"] == "Mountain View" && google["countryCode"] == "US" && google["as"] == "AS15169 Google LLC")
            #expect(google["source"]?.text().contains("Gossamer-Lab-City") == true, "\(google.text())")
            let zurich = try await find("9.9.9.9", configuration)
            #expect(zurich["city"] == "Zürich" && zurich["lat"] == .number(47.3769) && zurich["timezone"] == "Europe/Zurich")
            let six = try await find("2001:4860:4860::8888", configuration)
            #expect(six["city"] == "Mountain View")
            for entry in LabFixtures.addresses where entry.place != nil {
                #expect(try await find(entry.text, configuration)["city"] != "", "\(entry.text)")
            }
            await #expect(throws: LookupFailure.self) { _ = try await find("20.20.20.20", configuration) }
        }
    }

    /// Such are the files while the lab has GeoIP stopped.
    @Test func filesThatKnowNothingAreGoodFiles() async throws {
        let files = GeoIPDatabases.Kind.allCases.map { kind in
            (name: "\(kind.rawValue).mmdb", bytes: GeoIPDatabases.bytes(kind, builtAt: Self.builtAt, knowsNothing: true))
        }
        try await withFiles(files) { configuration in
            let failure = await #expect(throws: LookupFailure.self) { _ = try await find("8.8.8.8", configuration) }
            #expect(failure?.message == "8.8.8.8 is not in city.mmdb, asn.mmdb, country.mmdb")
        }
    }

    @Test func theFileOfCountriesKnowsTheCountryAlone() async throws {
        try await withFiles([("country.mmdb", GeoIPDatabases.bytes(.country, builtAt: Self.builtAt))]) { configuration in
            let document = try await find("1.1.1.1", configuration)
            #expect(document["country"] == "Australia" && document["countryCode"] == "AU" && document["city"] == "")
        }
    }

    /// The format writes lengths in four forms; each border is met.
    @Test(arguments: [0, 28, 29, 284, 285, 65_820, 65_821, 100_000]) func textsOfAnyLengthAreReadBack(length: Int) async throws {
        let name = "x" + String(repeating: "y", count: length)
        var writer = MaxMindWriter(type: "Test-City", builtAtSeconds: 1_750_000_000)
        writer.add(.map([("city", .map([("names", .map([("en", .text(name))]))]))]), [8, 8, 8, 8], length: 32)
        try await withFiles([("city.mmdb", writer.bytes)]) { configuration in
            let city = try await find("8.8.8.8", configuration)["city"]?.string
            #expect(city?.utf8.count == length + 1 && city == name)
        }
    }

    @Test func aPathNamesTheKindOfItsFile() {
        #expect(GeoIPDatabases.Kind(path: "a/b/city.mmdb") == .city && GeoIPDatabases.Kind(path: "ASN.mmdb") == .asn)
        #expect(GeoIPDatabases.Kind(path: "a/towns.mmdb") == nil && GeoIPDatabases.Kind(path: "city.txt") == nil)
    }
}
