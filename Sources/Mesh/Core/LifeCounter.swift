import World

/// The durable counter of a node's lives: the file `life` in its data directory, a decimal number.
///
/// It takes its step before the node says its first word, so that no two processes ever speak as the same life, whatever
/// dies when. A data directory that was lost starts again at 1; the mesh then remembers a higher life, says so, and the
/// node begins the one above.
struct LifeCounter {
    private let files: any FileSystem
    private let path: String

    init(files: any FileSystem, dataDirectory: String) {
        self.files = files
        path = dataDirectory + "/life"
    }

    /// Takes one step, to above `floor` at least, and returns the new life once it is durable.
    func next(above floor: UInt64 = 0) throws(NodeError) -> UInt64 {
        let life = max(try current(), floor) + 1
        do {
            try files.writeDurably(Array("\(life)\n".utf8), to: path)
        } catch {
            throw NodeError(
                .dataDirectory, "cannot note life \(life) in \(error); give the node a directory that it may write")
        }
        return life
    }

    private func current() throws(NodeError) -> UInt64 {
        let bytes: [UInt8]
        do {
            bytes = try files.read(path)
        } catch where error.code == .notFound {
            return 0
        } catch {
            throw NodeError(.dataDirectory, "cannot read the count of lives: \(error)")
        }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let life = UInt64(text), life < 1 << 62 else {
            throw NodeError(
                .dataDirectory,
                "\(path) holds \"\(text.prefix(40))\" and not a number of lives; remove the file to begin again at life 1")
        }
        return life
    }
}
