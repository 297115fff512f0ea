import Foundation
import MessagePack
import Placement
import Registers
import Synchronization
import Testing
import Truth
import World

/// What is written down about a mesh, on its way to disks and to other nodes.
@Suite struct ConfigurationTests {
    private func document(_ change: (inout [String: Field]) -> Void) throws -> ConfigurationDocument {
        let bytes = try MessagePackEncoder().encode(ConfigurationDocument(try sampleConfiguration()))
        var fields = try MessagePackDecoder().decode([String: Field].self, from: bytes)
        change(&fields)
        return try MessagePackDecoder().decode(ConfigurationDocument.self, from: MessagePackEncoder().encode(fields))
    }

    private func failure(_ change: (inout [String: Field]) -> Void) throws -> String? {
        let document = try document(change)
        do {
            _ = try document.configuration()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [1, 2, 3, 5, 9]) func aConfigurationIsTheSameAfterItsDocument(stores: Int) throws {
        let configuration = try sampleConfiguration(stores: stores)
        let bytes = try MessagePackEncoder().encode(ConfigurationDocument(configuration))
        let read = try MessagePackDecoder().decode(ConfigurationDocument.self, from: bytes).configuration()
        #expect(read == configuration && read.map == configuration.map && read.change == nil)
        #expect(MeshConfiguration(document: configuration.document) == configuration)
    }

    /// What was written before there were schemas has none, and means 1; and it is written in the same way still.
    @Test func theActiveSchemaIsPartOfIt() throws {
        let first = try sampleConfiguration()
        #expect(first.schema == 1 && MeshConfiguration(document: first.document)?.schema == 1)
        let map = ReplicaMap(epoch: first.epoch, replicas: first.shards.replicaIDs, keepers: nil, schema: 6)
        let document = try document { $0["map"] = .bytes(map.packed()) }
        let raised = try document.configuration()
        #expect(raised.schema == 6 && MeshConfiguration(document: raised.document) == raised)
    }

    @Test func aNewerLayoutIsRefusedAndBothAreNamed() throws {
        let newer = ConfigurationDocument.currentVersion + 6
        let message = try #require(try failure { $0["version"] = .number(newer) })
        #expect(message.contains("layout \(newer)") && message.contains("layout \(ConfigurationDocument.currentVersion)"))
    }

    @Test func idsThatAreNoneAreNamed() throws {
        #expect(try failure { $0["meshID"] = .text("nonsense") }?.contains("\"nonsense\" is no mesh id") == true)
        #expect(try failure { $0["meshID"] = .text("") } != nil)
        func store(id: [UInt8]) -> Field { .list([.bytes(id), .text("a"), .number(1), .text(""), .number(1)]) }
        #expect(try failure { $0["stores"] = .list([store(id: [1, 2, 3])]) }?.contains("the id of store \"a\" has 3 bytes") == true)
    }

    @Test func aMapThatCannotBeIsRefused() throws {
        for map in [[], [0xC0], Array(try sampleConfiguration().map.packed().dropLast())] as [[UInt8]] {
            #expect(try failure { $0["map"] = .bytes(map) }?.contains("no replica map") == true)
        }
        // One of other stores, and one with another number of replicas.
        let other = MeshConfiguration(meshID: storeID(1), shards: try ShardMap.genesis(of: [ShardStore(id: storeID(77), name: "x")]))
        #expect(try failure { $0["map"] = .bytes(other.map.packed()) } != nil)
        let fewer = try sampleConfiguration(stores: 2).map.packed()
        #expect(try failure { $0["map"] = .bytes(fewer) } != nil)
        #expect(try failure { $0["stores"] = .list([]) } != nil)
    }

    /// A later release may write all else as it likes.
    @Test func ofANewerLayoutNothingButItsNumberIsRead() throws {
        struct Newer: Codable { let version: Int }
        let document = try MessagePackEncoder().encode(Newer(version: 9))
        let directory = try Scratch(), files = SystemFileSystem(), file = ConfigurationFile(files, dataDirectory: directory.path)
        let hash = StableHash.hash(document)
        try files.writeDurably((0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(56 - 8 * $0)) } + document, to: file.path)
        let error = try #require(throws: ConfigurationError.self) { try file.read() }
        #expect(error.description.contains("layout 9") && error.description.contains("layout \(ConfigurationDocument.currentVersion)"))
    }

    @Test func aFileThatWasWrittenIsRead() throws {
        let directory = try Scratch(), file = ConfigurationFile(SystemFileSystem(), dataDirectory: directory.path)
        #expect(try file.read() == nil)
        let configuration = try sampleConfiguration()
        try file.write(configuration)
        #expect(try file.read() == configuration)
        let other = try sampleConfiguration(stores: 3, mesh: 5)
        try file.write(other)
        #expect(try file.read() == other)
    }

    @Test func everyDamageToTheFileIsFoundAndTheFileNamed() throws {
        let directory = try Scratch(), files = SystemFileSystem(), file = ConfigurationFile(files, dataDirectory: directory.path)
        try file.write(try sampleConfiguration())
        let bytes = try files.read(file.path)
        var damaged: [[UInt8]] = [[], Array(bytes.prefix(8)), Array(bytes.dropLast()), bytes + [0], Array("a text".utf8)]
        for place in stride(from: 0, to: bytes.count, by: 97) {
            var flipped = bytes
            flipped[place] ^= 0x10
            damaged.append(flipped)
        }
        for content in damaged {
            let file = ConfigurationFile(OneFile { content }, dataDirectory: "/data")
            let error = #expect(throws: ConfigurationError.self) { try file.read() }
            #expect(error?.description.contains("/data/configuration is damaged") == true, "\(error?.description ?? "none")")
        }
    }

    @Test func aDiskWithoutRoomIsNamed() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ConfigurationFile(OneFile { [] }, dataDirectory: "/data").write(try sampleConfiguration())
        }
        #expect(error.description.contains("/data/configuration") && error.description.contains("no room"))
    }
}

/// Any value of a document, to be changed and written again.
private enum Field: Codable {
    case number(Int), text(String), bytes([UInt8]), list([Field]), map([String: Field])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let bytes = try? container.decode(Data.self) {
            self = .bytes(Array(bytes))
        } else if let list = try? container.decode([Field].self) {
            self = .list(list)
        } else {
            self = .map(try container.decode([String: Field].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .bytes(let bytes): try container.encode(bytes)
        case .list(let list): try container.encode(list)
        case .map(let map): try container.encode(map)
        }
    }
}
