import Foundation
import Hummingbird
import JSONDocument
import Lab
import Logging
import Lookup
import Synchronization
import Testing
import TestSupport
import Web
import World

/// Runs a server of these routes on a free port.
func withServer<T>(_ routes: [WebRoute], _ body: (String) async throws -> T) async throws -> T {
    let server = WebServer(
        name: "test", address: .tcp(host: "127.0.0.1", port: 0), routes: routes, world: SystemWorld(), logger: Logger(label: "test"))
    let port = try await server.start()
    let result: Result<T, any Error>
    do { result = .success(try await body("http://127.0.0.1:\(port)")) } catch { result = .failure(error) }
    await server.stop()
    return try result.get()
}

/// An answer with this type and body.
func answer(_ body: String, type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    var fields = headers
    fields[.contentType] = type
    return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(string: body)))
}

@Suite struct GeoIPTests {
    private static let keys = [
        "status", "message", "country", "countryCode", "region", "regionName", "city", "zip", "lat", "lon", "timezone", "isp", "org", "as",
        "unknown", "source", "resolvedAddress",
    ]

    private static func time(_ seconds: Int64) -> String { WallTime(millisecondsSince1970: seconds * 1_000).iso8601 }

    private static func city(_ name: String, builtAtSeconds: UInt64 = 1_750_000_000) -> [UInt8] {
        var writer = MaxMindWriter(type: "Test-City", builtAtSeconds: builtAtSeconds)
        let record = MaxMindWriter.Value.map([
            ("city", .map([("names", .map([("en", .text(name)), ("de", .text("anders"))]))])),
            ("country", .map([("iso_code", .text("US")), ("names", .map([("en", .text("United States"))]))])),
            ("location", .map([
                ("latitude", .double(37.386)), ("longitude", .double(-122.0838)), ("time_zone", .text("America/Los_Angeles")),
            ])),
            ("postal", .map([("code", .text("94035"))])),
            ("subdivisions", .array([.map([("iso_code", .text("CA")), ("names", .map([("en", .text("California"))]))])])),
        ])
        writer.add(record, [8, 8, 8, 0], length: 24)
        writer.add(record, IPAddress("2001:4860::")?.bytes ?? [], length: 32)
        return writer.bytes
    }

    private static var numbers: [UInt8] {
        var writer = MaxMindWriter(type: "Test-ASN", builtAtSeconds: 1_751_000_000)
        let record = MaxMindWriter.Value.map([
            ("autonomous_system_number", .number(15_169)), ("autonomous_system_organization", .text("GOOGLE")),
        ])
        writer.add(record, [8, 8, 8, 0], length: 24)
        writer.add(record, [9, 0, 0, 0], length: 8)
        return writer.bytes
    }

    private static func write(_ bytes: [UInt8], _ name: String, in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/" + name
        try SystemWorld().files.writeDurably(bytes, to: path)
        return path
    }

    private static func worker(files: [String] = [], base: String = "http://127.0.0.1:9") async throws -> GeoIPWorker {
        GeoIPWorker(try await Names.resolver(), files: files, base: base)
    }

    @Test func filesOfCitiesAndNumbersAnswerTogether() async throws {
        let folder = try TemporaryFolder()
        let city = try Self.write(Self.city("Mountain View"), "City.mmdb", in: folder)
        let files = [city, try Self.write(Self.numbers, "ASN.mmdb", in: folder)]
        let document = try #require(try await look(try await Self.worker(files: files), "8.8.8.8").json)
        #expect(document.members?.map(\.key) == Self.keys)
        #expect(document["status"] == "success" && document["message"] == .null)
        #expect(document["country"] == "United States" && document["countryCode"] == "US")
        #expect(document["region"] == "CA" && document["regionName"] == "California" && document["city"] == "Mountain View")
        #expect(document["zip"] == "94035" && document["timezone"] == "America/Los_Angeles")
        #expect(document["lat"] == .number(37.386) && document["lon"] == .number(-122.0838))
        #expect(document["as"] == "AS15169 GOOGLE" && document["isp"] == "GOOGLE" && document["org"] == "GOOGLE")
        #expect(document["unknown"] == [])
        let place = ["country", "countryCode", "region", "regionName", "city", "zip", "timezone", "lat", "lon"]
        #expect(document["source"] == [
            "files": [
                ["name": "City.mmdb", "type": "Test-City", "builtAt": .string(Self.time(1_750_000_000)),
                 "fields": .array(place.map { .string($0) })],
                ["name": "ASN.mmdb", "type": "Test-ASN", "builtAt": .string(Self.time(1_751_000_000)),
                 "fields": ["isp", "org", "as"]],
            ],
            "problems": [],
        ])
        let six = try await look(try await Self.worker(files: files), "2001:4860:4860::8888").json
        #expect(six?["city"] == "Mountain View" && six?["as"] == "" && six?["unknown"] == ["isp", "org", "as"])
        let named = try await look(try await Self.worker(files: files), "google.lookup.test").json
        #expect(named?["city"] == "Mountain View" && named?["resolvedAddress"] == "8.8.8.8")
    }

    @Test func anAddressInNoFileIsAFailureThatNamesThem() async throws {
        let folder = try TemporaryFolder()
        let worker = try await Self.worker(files: [try Self.write(Self.numbers, "ASN.mmdb", in: folder)])
        #expect(try await look(worker, "1.1.1.1").complaint == "1.1.1.1 is not in ASN.mmdb")
    }

    @Test func aFileThatIsReplacedIsReadAnew() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.write(Self.city("Before"), "City.mmdb", in: folder)
        let worker = try await Self.worker(files: [path])
        #expect(try await look(worker, "8.8.8.8").json?["city"] == "Before")
        _ = try Self.write(Self.city("Thereafter"), "City.mmdb", in: folder)
        #expect(try await look(worker, "8.8.8.8").json?["city"] == "Thereafter")
    }

    @Test func aFileThatIsMissingIsToldOfBeforeItIsNeeded() async throws {
        let folder = try TemporaryFolder()
        let there = try Self.write(Self.numbers, "ASN.mmdb", in: folder), missing = folder.path + "/Missing.mmdb"
        let obstacles = try await Self.worker(files: [there, missing]).obstacles(SystemWorld())
        let remedy = "put it there, which needs no restart, or take it from geoip.files"
        #expect(obstacles == ["the GeoIP database \(missing) is not there: \(remedy)"])
    }

    @Test func aFileThatIsMissingOrNoneIsNamedAndTheOthersAnswer() async throws {
        let folder = try TemporaryFolder()
        let missing = folder.path + "/Missing.mmdb"
        let none = try Self.write(Array("this is no database".utf8), "None.mmdb", in: folder)
        for path in [missing, none] {
            let complaint = try await look(try await Self.worker(files: [path]), "8.8.8.8").complaint
            #expect(complaint?.contains(path) == true, "\(complaint ?? "an answer")")
        }
        let numbers = try Self.write(Self.numbers, "ASN.mmdb", in: folder)
        let document = try await look(try await Self.worker(files: [missing, numbers]), "8.8.8.8").json
        #expect(document?["as"] == "AS15169 GOOGLE" && document?["message"] == .null)
        #expect(document?["source"]?["problems"]?[0]?.string?.contains(missing) == true)
    }

    /// Only a whole number of 32 bits (RFC 6793) is the number of a system; whatever else a file says there is passed over.
    @Test(arguments: [
        (.number(15_169), "AS15169 X"), (.number(.max), "AS4294967295 X"), (.short(701), "AS701 X"), (.long(64_496), "AS64496 X"),
        (.signed(13_335), "AS13335 X"), (.double(3_356), "AS3356 X"), (.float(174), "AS174 X"),
        (.double(.nan), "X"), (.double(.infinity), "X"), (.double(-1), "X"), (.double(1e300), "X"), (.double(1.5), "X"),
        (.float(.nan), "X"), (.float(-.infinity), "X"), (.signed(-1), "X"), (.signed(.min), "X"),
        (.long(.max), "X"), (.long(1 << 32), "X"), (.long(.max - 1_024), "X"), (.bool(true), "X"), (.text("15169"), "X"), (.map([]), "X"),
    ] as [(MaxMindWriter.Value, String)])
    func anyValueMayStandWhereANumberOfASystemShould(_ value: MaxMindWriter.Value, _ shown: String) async throws {
        let folder = try TemporaryFolder()
        var writer = MaxMindWriter(type: "Test-ASN", builtAtSeconds: .max)
        let record = MaxMindWriter.Value.map([
            ("autonomous_system_number", value), ("autonomous_system_organization", .text("X")),
            ("location", .map([("latitude", value), ("longitude", .number(7))])),
        ])
        writer.add(record, [8, 8, 8, 0], length: 24)
        let path = try Self.write(writer.bytes, "ASN.mmdb", in: folder)
        let document = try await look(try await Self.worker(files: [path]), "8.8.8.8").json
        #expect(document?["as"]?.string == shown && document?["lon"]?.integer() == 7, "\(document ?? .null)")
    }

    /// A database with bytes changed anywhere ends in an answer or a sentence.
    @Test func damagedFilesHarmNothing() async throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 3)
        for round in 0..<200 {
            var bytes = round % 2 == 0 ? Self.city("Mountain View") : Self.numbers
            for _ in 0..<4 { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            if round % 4 == 0 { bytes.removeLast(random.below(bytes.count)) }
            let path = try Self.write(bytes, "Damaged.mmdb", in: folder)
            _ = try await look(try await Self.worker(files: [path]), "8.8.8.8")
        }
    }

    @Test(arguments: [
        ("10.1.2.3", "private range"), ("fd00::1", "private range"), ("127.0.0.1", "reserved range"), ("::1", "reserved range"),
        ("192.0.2.1", "reserved range"), ("loop.lookup.test", "reserved range"), ("::ffff:192.168.0.1", "private range"),
    ])
    func specialRangesFailWithoutAnyoneBeingAsked(_ target: String, _ sentence: String) async throws {
        let asked = Mutex(0)
        let route = WebRoute(.get, "/json/{address}") { _ in
            asked.withLock { $0 += 1 }
            return .json(["status": "success"])
        }
        try await withServer([route]) { (base) async throws in
            #expect(try await look(try await Self.worker(base: base), target).complaint == sentence)
        }
        #expect(asked.withLock { $0 } == 0)
    }

    @Test func aNameWithoutAnAddressFailsInTheWordsOfTheContract() async throws {
        #expect(try await look(try await Self.worker(), "none.lookup.test").complaint == "Failed to resolve domain to IP")
        let lost = GeoIPWorker(LookupResolver(DNSClient(.init(servers: [Names.deadAddress]))), files: [], base: "")
        #expect(try await look(lost, "host.lookup.test").complaint == "Failed to resolve domain to IP")
    }

    @Test func itIsSaidWhereAFailureLiesAndForHowLongAnswersHold() async throws {
        let folder = try TemporaryFolder()
        let file = try Self.write(Self.city("Mountain View"), "City.mmdb", in: folder), missing = folder.path + "/Missing.mmdb"
        let worker = try await Self.worker(files: [file])
        let found = try await wholeLook(worker, "8.8.8.8")
        #expect(found.answer?.keep == .seconds(3_600) && found.answer?.address == IPAddress("8.8.8.8"))
        let named = try await wholeLook(worker, "google.lookup.test")
        #expect(named.answer?.keep == .seconds(120) && named.answer?.address == IPAddress("8.8.8.8"), "as long as the name server says")
        let unknown = try await wholeLook(worker, "1.1.1.1").failure
        #expect(unknown?.source == .target && unknown?.keep == .seconds(3_600))
        let range = try await wholeLook(worker, "10.0.0.1").failure
        #expect(range?.source == .target && range?.keep == .seconds(86_400))
        let rangeOfName = try await wholeLook(worker, "loop.lookup.test").failure
        #expect(rangeOfName?.message == "reserved range" && rangeOfName?.keep == .seconds(120))
        #expect(try await wholeLook(worker, "none.lookup.test").failure?.source == .target)
        let lame = GeoIPWorker(LookupResolver(DNSClient(.init(servers: [Names.deadAddress]))), files: [file], base: "")
        let unresolved = try await wholeLook(lame, "google.lookup.test").failure
        #expect(unresolved?.source == .server && unresolved?.keep == nil)
        let half = try await Self.worker(files: [missing, file])
        let partly = try await wholeLook(half, "8.8.8.8")
        #expect(partly.answer != nil && partly.answer?.keep == nil, "the other file may come any time")
        let none = try await wholeLook(try await Self.worker(files: [missing]), "8.8.8.8").failure
        #expect(none?.source == .node && none?.keep == nil)
    }

    @Test func aServiceIsAskedWhereThereAreNoFiles() async throws {
        let fields = Mutex("")
        let route = WebRoute(.get, "/json/{address}") { request in
            fields.withLock { $0 = request.query("fields") ?? "" }
            switch request.parameter("address") {
            case "8.8.8.8":
                return .json(["country": "United States", "status": "success", "lat": .number("39.03"), "as": "AS15169 Google LLC"])
            case "9.9.9.9": return .json(["status": "fail", "message": "invalid query"])
            case "9.9.9.8": return answer("<html>", type: "text/html")
            case "9.9.9.7": return answer("", type: "text/plain", status: .init(code: 429), headers: [.init("X-Ttl")!: "34"])
            case "9.9.9.6": return answer(String(repeating: " ", count: 1 << 20), type: "application/json")
            default: return answer("", type: "text/plain", status: .badGateway)
            }
        }
        try await withServer([route]) { (base) async throws in
            let worker = try await Self.worker(base: base)
            let document = try #require(try await look(worker, "8.8.8.8").json)
            #expect(document.members?.map(\.key) == Self.keys)
            #expect(document["country"] == "United States" && document["lat"] == .number("39.03") && document["city"] == "")
            #expect(document["source"]?["url"]?.string?.hasPrefix(base + "/json/8.8.8.8?fields=status,message,country,") == true)
            #expect(fields.withLock { $0.hasSuffix("isp,org,as,lat,lon") })
            #expect(try await look(worker, "9.9.9.9").complaint == "invalid query")
            #expect(try await look(worker, "9.9.9.8").complaint?.contains("no JSON object") == true)
            #expect(try await look(worker, "9.9.9.6").complaint?.contains("longer than") == true)
            #expect(try await look(worker, "9.9.9.5").complaint?.contains("BadGateway") == true)
            #expect(try await look(worker, "9.9.9.7").complaint?.contains("ask again in 34 s") == true)
        }
        let dead = "http://" + Names.deadAddress
        let complaint = try await look(try await Self.worker(base: dead), "8.8.8.8").complaint
        #expect(complaint == "the GeoIP service \(dead) has no answer: Connection refused")
    }
}

