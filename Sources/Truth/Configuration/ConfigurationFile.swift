import Registers
import World

/// Keeps the mesh's configuration in a node's data directory: MessagePack, and a checksum before it.
package struct ConfigurationFile: Sendable {
    private let files: any FileSystem
    package let path: String

    package init(_ files: any FileSystem, dataDirectory: String) {
        self.files = files
        path = dataDirectory + "/configuration"
    }

    /// Nil when there is none yet.
    package func read() throws(ConfigurationError) -> MeshConfiguration? {
        let bytes: [UInt8]
        do { bytes = try files.read(path) } catch {
            if error.code == .notFound { return nil }
            throw ConfigurationError("\(error)")
        }
        guard bytes.count > 8, Self.checksum(bytes.dropFirst(8)) == Array(bytes.prefix(8)) else {
            throw ConfigurationError("\(path) is damaged; remove it, and the node learns the configuration from the others")
        }
        do {
            return try MeshConfiguration(reading: Array(bytes.dropFirst(8)))
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
    }

    package func write(_ configuration: MeshConfiguration) throws(ConfigurationError) {
        do {
            let bytes = configuration.document
            try files.writeDurably(Self.checksum(bytes[...]) + bytes, to: path)
        } catch {
            throw ConfigurationError("the configuration cannot be kept: \(error)")
        }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let hash = StableHash.hash(bytes)
        return (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(56 - 8 * $0)) }
    }
}
