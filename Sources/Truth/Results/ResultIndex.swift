import World

/// The name of a result's file, `WORK-DIGEST-SIZE`: the names alone say what a directory holds, and those of older work come first.
package struct ResultName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let work: WorkID
    package let digest: ResultDigest
    /// Bytes.
    package let size: Int

    package init(work: WorkID, digest: ResultDigest, size: Int) { (self.work, self.digest, self.size) = (work, digest, size) }

    /// Nil for a name that is none of these.
    package init?(_ text: String) {
        // A UUID has dashes of its own.
        guard let work = WorkID(text.prefix(36)), let digest = ResultDigest(text.dropFirst(37).prefix(64)),
            let size = Int(text.dropFirst(102)), size > 0
        else { return nil }
        self.init(work: work, digest: digest, size: size)
        guard description == text else { return nil }
    }

    package static func < (a: ResultName, b: ResultName) -> Bool {
        a.work == b.work ? (a.digest, a.size) < (b.digest, b.size) : a.work < b.work
    }

    package var description: String { "\(work)-\(digest)-\(size)" }
}

/// What lies in a node's directory of results, and whether there is room for more.
package struct ResultIndex: Sendable {
    /// Several, when work that has nothing to do with each other has come to the same.
    private var names: [ResultDigest: [ResultName]] = [:]
    /// Of all files together.
    package private(set) var bytes = 0
    package private(set) var files = 0
    package let byteLimit: Int
    package let fileLimit: Int

    package init(byteLimit: Int, fileLimit: Int) { (self.byteLimit, self.fileLimit) = (byteLimit, fileLimit) }

    /// Why there is no room for a file, in a sentence; nil when there is, or when it lies there already.
    package func obstacle(to name: ResultName) -> String? {
        guard !has(name) else { return nil }
        if files >= fileLimit { return "\(files) results are kept here already, as many as may be" }
        guard name.size > byteLimit - bytes else { return nil }
        return "results of \(bytes) bytes are kept here already, and \(name.size) more would be more than the \(byteLimit) that may be"
    }

    package func has(_ name: ResultName) -> Bool { names[name.digest]?.contains(name) ?? false }

    /// The files that hold a result, the oldest work's first.
    package func named(_ digest: ResultDigest) -> [ResultName] { names[digest] ?? [] }

    /// No effect when it is there.
    package mutating func insert(_ name: ResultName) {
        guard !has(name) else { return }
        names[name.digest, default: []].append(name)
        names[name.digest]?.sort()
        bytes += name.size
        files += 1
    }

    /// No effect when it is not there.
    package mutating func remove(_ name: ResultName) {
        guard var left = names[name.digest], let index = left.firstIndex(of: name) else { return }
        left.remove(at: index)
        names[name.digest] = left.isEmpty ? nil : left
        bytes -= name.size
        files -= 1
    }

    /// Those files for which that holds, the oldest work's first.
    package func files(where holds: (ResultName) -> Bool) -> [ResultName] { names.values.joined().filter(holds).sorted() }
}
