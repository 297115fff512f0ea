import Command
import JSONDocument
import TestSupport
import Testing
import World

/// Answers that are kept, as clients of a mesh of processes see them. That an address is of a special range needs nobody outside.
@Suite struct LookupCacheProcessTests {
    private static let port = 22_940

    private func look(_ mesh: TestMesh, _ options: String...) async throws -> JSON {
        let shown = try await mesh.run(["lookup", "192.0.2.9", "-s", "geoip", "--json", "--topology", mesh.file] + options)
        try #require(shown.status == 1, "no service succeeds: \(shown)")
        return try JSON(parsing: shown.output.utf8)
    }

    private func curl(_ arguments: String...) async throws -> [String] {
        let output = try await CommandLineTool.run("curl", ["-sS"] + arguments, seconds: 30)
        try #require(output.status == 0, "\(output.standardError)")
        return String(decoding: output.standardOutput, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    }

    @Test func whatWasFoundOutIsToldAgainWithItsAgeUntilAFreshOneIsWanted() async throws {
        try await TestMesh.with(3, port: Self.port, edges: 2) { mesh in
            try await mesh.up()
            let first = try await look(mesh), again = try await look(mesh), fresh = try await look(mesh, "--fresh")
            let results = [first, again, fresh].compactMap { $0["results"]?[0] }
            #expect(results.map { $0["errorMessage"] } == ["reserved range", "reserved range", "reserved range"])
            #expect(results.map { $0["cache"]?["hit"] } == [false, true, false], "\(results.map { $0.text() })")
            #expect(first["jobId"] != again["jobId"])
            let ttl = try #require(results[0]["cache"]?["ttlSeconds"]?.integer(Int.self))
            #expect(ttl == 600, "a failure's bound, though the range is special for longer")

            let id = try #require(again["jobId"]?.string)
            let headers = try await curl("-D", "-", "-o", "/dev/null", "http://127.0.0.1:\(Self.port + 14)/api/lookup/\(id)")
            let status = headers.first { $0.lowercased().hasPrefix("cache-status: ") }
            #expect(status?.contains("gossamer; hit; ttl=") == true, "\(headers)")
            #expect(status?.hasSuffix(#"; key="geoip/192.0.2.9"; detail="GeoIP""#) == true, "\(headers)")

            let shown = try await mesh.run("lookup", "192.0.2.9", "-s", "geoip", "--topology", mesh.file)
            #expect(shown.output.contains("failed: reserved range (kept, found "), "\(shown)")

            var hits = 0.0, freshOnes = 0.0
            for admin in [Self.port + 3, Self.port + 13, Self.port + 23] {
                for line in try await curl("http://127.0.0.1:\(admin)/metrics") {
                    let value = line.split(separator: " ").last.flatMap { Double($0) } ?? 0
                    if line.hasPrefix(#"gossamer_lookup_cache_hits_total{service="GeoIP"} "#) { hits += value }
                    if line.hasPrefix(#"gossamer_lookup_cache_fresh_total{service="GeoIP"} "#) { freshOnes += value }
                }
            }
            #expect(hits == 2 && freshOnes == 1)
        }
    }
}
