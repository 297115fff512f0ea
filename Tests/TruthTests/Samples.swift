import Placement
import Registers
import Truth
import World

func storeID(_ number: UInt64) -> StoreID { StoreID(high: 0xABCD, low: number) }

/// A configuration of so many stores, s1 and on.
func sampleConfiguration(stores: Int = 5, mesh: UInt64 = 99) throws -> MeshConfiguration {
    let all = (1...stores).map { ShardStore(id: storeID(UInt64($0)), name: "s\($0)", capacity: 100 * $0, zone: "z\($0 % 2)") }
    return MeshConfiguration(meshID: storeID(mesh), shards: try ShardMap.genesis(of: all))
}

/// A file system that has one file at most, in memory.
final class OneFile: FileSystem {
    private let content: @Sendable () -> [UInt8]
    init(_ content: @escaping @Sendable () -> [UInt8]) { self.content = content }
    func read(_ path: String) throws(FileError) -> [UInt8] { content() }
    func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError) { throw FileError(code: .noSpace, path: path, reason: "no room") }
    func createDirectory(_ path: String) throws(FileError) {}
    func exists(_ path: String) -> Bool { true }
    func remove(_ path: String) throws(FileError) {}
    func lock(_ path: String) throws(FileError) -> (any HeldLock)? { nil }
    func list(_ directory: String) throws(FileError) -> [String] { [] }
}
