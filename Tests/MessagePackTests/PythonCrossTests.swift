import Foundation
import MessagePack
import TestSupport
import Testing

/// Python's msgpack must read what we write as what we meant, and we must read what it writes, byte for byte what we
/// would have written.
@Suite struct PythonCrossTests {
    private static let packages = ["msgpack>=1.0"]

    private func agree(_ samples: [Sample]) async throws {
        var writer = MessagePackWriter()
        for sample in samples { sample.pack(into: &writer) }
        let ours = writer.finish()
        let meant = samples.map(\.description)

        let described = try await PythonEnvironment.run(
            script: "msgpack_peer.py", ["describe"], packages: Self.packages, input: ours)
        let lines = String(decoding: described, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.count == meant.count)
        for (line, meant) in zip(lines, meant) where line != meant { Issue.record("Python read \(line) for \(meant)") }

        let theirs = try await PythonEnvironment.run(
            script: "msgpack_peer.py", ["pack"], packages: Self.packages,
            input: Array((meant.joined(separator: "\n") + "\n").utf8))
        var reader = MessagePackReader(theirs)
        for sample in samples {
            let start = reader.position
            let read = try Sample(&reader)
            if read != sample { Issue.record("read \(read.description) for \(sample.description)") }
            try MessagePackReader.validate(theirs[start..<reader.position])
        }
        #expect(reader.isAtEnd)
        #expect(ours == theirs, "both take the smallest format")
    }

    @Test func everyFormatAgreesWithPythonAtItsBoundaries() async throws {
        try await agree(Sample.boundaries)
    }

    @Test func thousandsOfRandomValuesAgreeWithPython() async throws {
        var random = SeededRandom(seed: 7)
        try await agree((0..<4000).map { _ in Sample.random(&random, depth: 4) })
    }

    @Test func codableAgreesWithPython() async throws {
        struct Record: Codable, Equatable {
            var id: UInt64
            var name: String
            var when: Date
            var raw: Data
            var scores: [Double?]
            var tags: [String: Int]
        }
        var random = SeededRandom(seed: 8)
        let records = (0..<500).map { index in
            Record(
                id: random.next() >> UInt64(random.below(64)), name: String(repeating: "ü", count: random.below(40)),
                when: Date(timeIntervalSince1970: Double(random.below(1 << 33)) + 0.5),
                raw: Data((0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }),
                scores: (0..<random.below(40)).map { $0 % 3 == 0 ? nil : Double($0) / 8 }, tags: ["\(index)": -index])
        }
        let ours = try MessagePackEncoder().encode(records)
        let described = try await PythonEnvironment.run(
            script: "msgpack_peer.py", ["describe"], packages: Self.packages, input: ours)
        var reader = MessagePackReader(ours)
        let meant = try Sample(&reader)
        #expect(String(decoding: described, as: UTF8.self) == meant.description + "\n")
        let theirs = try await PythonEnvironment.run(
            script: "msgpack_peer.py", ["pack"], packages: Self.packages, input: described)
        #expect(try MessagePackDecoder().decode([Record].self, from: theirs) == records)
    }
}
