import Foundation
import MessagePack
import Registers
import TestSupport
import Testing
import Wire
import World

@Suite struct VectorTests {
    @Test func everyFramePacksToItsVectorAndBack() throws {
        let vectors = try Vector.all("frames.json")
        #expect(Set(vectors.keys) == Set(frames.keys))
        for (name, frame) in frames {
            let bytes = try #require(vectors[name])
            #expect(frame.packed == bytes, "\(name)")
            let read = try type(of: frame).reread(bytes)
            #expect(frame.isSame(as: read), "\(name)")
            #expect(FrameKind.peek(bytes[...]) == type(of: frame).kind.rawValue, "\(name)")
        }
    }

    @Test func everyFrameOfRegistersPacksToItsVectorAndBack() throws {
        let vectors = try Vector.all("registers.json")
        let frames = RegisterVectors.all()
        #expect(Set(vectors.keys) == Set(frames.keys))
        for (name, frame) in frames {
            let bytes = try #require(vectors[name])
            #expect(frame.packed() == bytes, "\(name)")
            #expect(try RegisterFrame(unpacking: bytes) == frame, "\(name)")
            #expect(FrameKind.peek(bytes[...]) == FrameKind.registers.rawValue, "\(name)")
        }
        #expect(RegisterFrame.kind == FrameKind.registers.rawValue)
    }

    @Test func everyHeaderPacksToItsVectorAndBack() throws {
        let headers = [
            "hello's": BatchHeader(token: 0, clock: 0), "pulse": BatchHeader(token: 0xDEAD_BEEF, clock: 70000),
            "first of work": BatchHeader(token: 1, clock: 2, sequence: 1, ack: 0),
            "late of work": BatchHeader(token: .max, clock: 4_294_967_296, sequence: 65536, ack: 65535),
            "largest": BatchHeader(token: 1, clock: .max, sequence: .max, ack: .max),
        ]
        for (name, bytes) in try Vector.all("headers.json") {
            var writer = MessagePackWriter()
            headers[name]?.pack(into: &writer)
            #expect(writer.finish() == bytes, "\(name)")
            var reader = MessagePackReader(bytes)
            #expect(try BatchHeader.unpack(&reader) == headers[name])
            #expect(reader.isAtEnd)
            #expect(bytes.count <= WireLimits.headerBytes)
        }
    }

    @Test func aMessageIsARunOfValues() throws {
        let bytes = try #require(try Vector.all("messages.json")["two calls in one message"])
        var reader = MessagePackReader(bytes)
        #expect(try BatchHeader.unpack(&reader) == BatchHeader(token: 500, clock: 20, sequence: 3, ack: 2))
        #expect(try Call.unpack(reader.skipValue()).id == 1)
        #expect(try Call.unpack(reader.skipValue()).id == 2)
        #expect(reader.isAtEnd)
    }

    @Test func fingerprintsAreThoseOfTheDocument() throws {
        struct Fingerprint: Decodable {
            let targets: [String]
            let fingerprint: String
        }
        let data = try Data(contentsOf: Vector.folder.appending(path: "fingerprints.json"))
        for vector in try JSONDecoder().decode([Fingerprint].self, from: data) {
            #expect(try ContractTable(vector.targets).fingerprint == UInt64(vector.fingerprint, radix: 16))
        }
    }

    @Test func pythonReadsAndWritesTheSameBytes() async throws {
        let python = try await PythonEnvironment.prepare(packages: ["msgpack"])
        let script = Vector.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "Python/check_wire_vectors.py")
        let output = try await CommandLineTool.run(python, [script.path, Vector.folder.path])
        #expect(output.status == 0, "\(String(decoding: output.standardOutput, as: UTF8.self))\(output.standardError)")
    }
}
