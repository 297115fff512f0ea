import Choreography
import Crypto
import MessagePack
import Registers
import World

/// A key and its holder as one value: SHA-256 (FIPS 180-4) of both.
public struct IdempotencyName: Hashable, Sendable {
    static let byteCount = 32

    let bytes: [UInt8]

    /// - Parameters:
    ///   - key: as its client has sent it, without quotes.
    ///   - holder: whose key it is; the same key of somebody else is another one. Empty for whoever has said no name.
    public init(key: String, of holder: String = "") { bytes = Self.digest([Array(holder.utf8), Array(key.utf8)]) }

    fileprivate init(from reader: inout MessagePackReader) throws {
        bytes = Array(try reader.readBinary(maxBytes: Self.byteCount))
        guard bytes.count == Self.byteCount else { throw MachineRefusal("the name of a key has \(Self.byteCount) bytes") }
    }

    /// SHA-256 of several texts, each after its length, so that nothing can move from one into the next.
    static func digest(_ texts: [[UInt8]]) -> [UInt8] {
        var hash = SHA256()
        for text in texts {
            withUnsafeBytes(of: UInt64(text.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: text)
        }
        return Array(hash.finalize())
    }

    /// The register that knows it.
    package var register: RegisterKey? { RegisterKey("\(IdempotencyMachine.kind)/\(Int(bytes[0]) % IdempotencyMachine.buckets)") }
}

/// What registers of keys are told: see ``IdempotencyMachine``.
enum IdempotencyCommand {
    case claim(IdempotencyName, request: [UInt8], seed: WorkID)
    case keep(CreationHour, IdempotencyName, seed: WorkID, answer: [UInt8])
}

extension IdempotencyCommand: Packable {
    func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .claim(let name, let request, let seed):
            writer.pack(UInt8(0))
            writer.packBinary(name.bytes)
            writer.packBinary(request)
            writer.packBinary(seed.bytes)
        case .keep(let hour, let name, let seed, let answer):
            writer.pack(UInt8(1))
            writer.pack(hour.number)
            writer.packBinary(name.bytes)
            writer.packBinary(seed.bytes)
            writer.packBinary(answer)
        }
    }

    init(from reader: inout MessagePackReader) throws {
        let kind: UInt8 = try reader.readInt()
        switch kind {
        case 0:
            self = .claim(
                try IdempotencyName(from: &reader), request: Array(try reader.readBinary(maxBytes: IdempotencyName.byteCount)),
                seed: try reader.readSeed())
        case 1:
            self = .keep(
                CreationHour(number: try reader.readInt()), try IdempotencyName(from: &reader), seed: try reader.readSeed(),
                answer: Array(try reader.readBinary()))
        default: throw MachineRefusal("this node's program does not know the command \(kind) of keys; update it")
        }
    }
}

/// How a key stands after a claim.
struct IdempotencyStanding {
    enum Course: UInt8 {
        /// The work may be done; no answer was handed in.
        case open
        /// There is an answer.
        case answered
        /// It was claimed for another request.
        case otherRequest
    }

    let course: Course
    let hour: CreationHour
    let seed: WorkID
    let firstMs: Int64

    init(_ row: IdempotencyRow, in hour: CreationHour, asked request: [UInt8]) {
        course = row.request != request ? .otherRequest : row.answer == nil ? .open : .answered
        (self.hour, seed, firstMs) = (hour, row.seed, row.firstMs)
    }
}

extension IdempotencyStanding: Packable {
    func pack(into writer: inout MessagePackWriter) {
        writer.pack(course.rawValue)
        writer.pack(hour.number)
        writer.packBinary(seed.bytes)
        writer.pack(firstMs)
    }

    init(from reader: inout MessagePackReader) throws {
        let number: UInt8 = try reader.readInt()
        guard let course = Course(rawValue: number) else {
            throw MachineRefusal("the standing \(number) of a key is unknown; update this program")
        }
        self.course = course
        hour = CreationHour(number: try reader.readInt())
        seed = try reader.readSeed()
        firstMs = try reader.readInt64()
    }
}
