import AsyncHTTPClient
import Edge
import Logging
import NIOCore
import Registers
import Synchronization
import Testing
import Truth
import Web
import WebTestSupport
import World

/// Values under names, over the edge's HTTP.
@Suite struct ValueRoutesTests {
    /// One register in memory for each name, by the machine of values.
    final class Registers: RegisterEngine {
        private let content = Mutex<(values: [RegisterKey: (count: UInt64, bytes: [UInt8])], error: RegisterError?)>(([:], nil))

        func fail(_ error: RegisterError?) { content.withLock { $0.error = error } }

        func change(_ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            let result = content.withLock { content -> Result<[UInt8], RegisterError> in
                if let error = content.error { return .failure(error) }
                let count = (content.values[key]?.count ?? 0) + 1
                content.values[key] = (count, command)
                return .success(Self.bytes(count))
            }
            return try result.get()
        }

        func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            let result = content.withLock { content -> Result<[UInt8], RegisterError> in
                if let error = content.error { return .failure(error) }
                return .success(content.values[key].map { Self.bytes($0.count) + $0.bytes } ?? [])
            }
            return try result.get()
        }

        func glance(
            _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
        ) async throws(RegisterError) -> RegisterGlance {
            throw RegisterError(.notReady, .failed, "values are read from a majority")
        }

        private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    }

    private func withValues(_ body: (String, Registers) async throws -> Void) async throws {
        let world = SystemWorld(), registers = Registers()
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: [ValueRoutes(values: KeyValue(engine: registers), world: world)],
            readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body("http://127.0.0.1:\(port)/api/kv/", registers) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    /// With a body and an answer of any bytes.
    private func exchange(_ method: String, _ url: String, _ bytes: [UInt8]? = nil) async throws -> (status: Int, tag: String?, bytes: [UInt8]) {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        if let bytes { request.body = .bytes(ByteBuffer(bytes: bytes)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let body = try await response.body.collect(upTo: 1 << 24)
        return (Int(response.status.code), response.headers.first(name: "ETag"), Array(body.readableBytesView))
    }

    @Test func aNameThatIsNoUTF8IsNoneAndNothingIsPutUnderIt() async throws {
        try await withValues { base, _ in
            let root = base.replacing("/api/kv/", with: "")
            for method in ["PUT", "GET"] {
                let answer = try await askAsWritten(method, root, "/api/kv/caf%E9", body: method == "PUT" ? "{}" : nil)
                #expect(answer.status == 400 && answer.json?["errors"]?["key"]?[0]?.string?.contains("\"caf%E9\" is no UTF-8") == true)
            }
            #expect(try await exchange("GET", base + "caf%EF%BF%BD").status == 404, "as which it would be mended")
        }
    }

    @Test func anyBytesComeBackWithTheRevisionOfThePut() async throws {
        try await withValues { base, _ in
            #expect(try await exchange("GET", base + "a%2Fb").status == 404)
            let large = (0..<64 << 10).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            for (index, value) in [[0, 255, 10, 13, 0], [], large].enumerated() {
                let put = try await exchange("PUT", base + "a%2Fb", value)
                #expect(put.status == 204 && put.tag == "\"\(index + 1)\"" && put.bytes.isEmpty)
                let got = try await exchange("GET", base + "a%2Fb")
                #expect(got.status == 200 && got.tag == put.tag && got.bytes == value)
            }
            #expect(try await exchange("GET", base + "a").status == 404)
        }
    }

    @Test func whatIsTooLargeOrConditionalIsRefused() async throws {
        try await withValues { base, _ in
            #expect(try await exchange("PUT", base + "k", Array(repeating: 1, count: 64 << 10 + 1)).status == 413)
            #expect(try await exchange("PUT", base + String(repeating: "k", count: 257), [1]).status == 413)
            for (condition, value) in [("If-Match", "\"1\""), ("If-None-Match", "*")] {
                let answer = try await ask("PUT", base + "k", body: "1", headers: [(condition, value)])
                #expect(answer.status == 400 && answer.json?["errors"]?[condition] != nil)
            }
            #expect(try await exchange("GET", base + "k").status == 404)
        }
    }

    @Test func withoutAMajorityItSaysWhatIsKnownAndWhenToComeAgain() async throws {
        try await withValues { base, registers in
            for (outcome, word) in [(RegisterError.Outcome.failed, "failed"), (.unknown, "unknown")] {
                registers.fail(RegisterError(.noMajority, outcome, "nobody answers", retryAfter: .seconds(3)))
                let put = try await ask("PUT", base + "k", body: "1")
                #expect(put.status == 503 && put.headers["retry-after"] == "3" && put.json?["outcome"]?.string == word)
                let answer = try await ask("GET", base + "k")
                #expect(answer.status == 503)
            }
        }
    }

    /// The id of a put is made by the edge at once, so an hour that is closed for it tells of a clock; of what is read it tells that it is past.
    @Test func aPutInAClosedHourIsTheFaultOfAClockAndAReadFindsNothing() async throws {
        try await withValues { base, registers in
            registers.fail(RegisterError(.expired, .unknown, "operation 7 is older than what is remembered"))
            let put = try await ask("PUT", base + "k", body: "1")
            #expect(put.status == 503 && put.headers["retry-after"] == "10" && put.json?["code"] == "expired", "\(put.text)")
            #expect(put.json?["detail"]?.string?.contains("gossamer members tells whose clock is off") == true)
            let read = try await ask("GET", base + "k")
            #expect(read.status == 404 && read.text.contains("operation 7"), "\(read.text)")
        }
    }
}
