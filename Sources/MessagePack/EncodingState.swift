/// What is open while a value is being encoded: one frame for each `encode(to:)` that has not returned.
struct EncodingFrame {
    enum Kind { case empty, single, array, map }

    /// Never used twice within a state, so that a container that outlived its value is found out.
    let id: Int
    let type: Any.Type
    /// How many keys of the state's path lead here.
    let pathCount: Int
    var kind = Kind.empty
    /// Where the container's header, one byte until it is closed, was reserved.
    var start = 0
    var count = 0
    /// Containers that have a buffer of their own, and where it belongs.
    var holes: [(offset: Int, state: EncodingState)] = []
}

/// One buffer being written by a tree of values; see the essay above ``MessagePackEncoder``.
///
/// Codable hands out containers that the values may keep and misuse. Only the innermost open value may write; all others
/// get an `EncodingError`, never a trap.
final class EncodingState {
    var writer: MessagePackWriter
    let options: MessagePackEncoder
    /// The id of the innermost frame; 0 when none is open.
    private(set) var top = 0
    private var frames: [EncodingFrame] = []
    private var path: [any CodingKey]
    private var lastID = 0
    /// Containers open, those around this state included.
    private var depth: Int
    /// What could not be thrown where it happened, because Codable asks for containers without `throws`.
    private var failure: EncodingError?

    init(options: MessagePackEncoder, path: [any CodingKey] = [], depth: Int = 0) {
        writer = MessagePackWriter(capacity: 0)
        self.options = options
        self.path = path
        self.depth = depth
    }

    func codingPath(of id: Int) -> [any CodingKey] {
        guard let frame = frames.last(where: { $0.id == id }) else { return path }
        return Array(path.prefix(frame.pathCount))
    }

    // MARK: Values

    /// Writes a whole value, which belongs under `key` in the innermost container.
    func encode<T: Encodable>(_ value: T, key: (any CodingKey)?) throws {
        if try writer.packDirectly(value, path: self.path + (key.map { [$0] } ?? [])) { return }
        try descend(value, key: key)
    }

    /// Lets a value encode itself.
    func descend<T: Encodable>(_ value: T, key: (any CodingKey)?) throws {
        if let key { path.append(key) }
        defer { if key != nil { path.removeLast() } }
        guard frames.count < 4 * options.maxDepth else { throw tooDeep(value) }
        let id = open(T.self)
        do {
            try value.encode(to: ValueEncoder(state: self, id: id))
        } catch {
            if let frame = frames.popLast(), frame.kind == .array || frame.kind == .map { depth -= 1 }
            top = frames.last?.id ?? 0
            throw error
        }
        try close()
    }

    @discardableResult func open(_ type: Any.Type) -> Int {
        lastID += 1
        frames.append(EncodingFrame(id: lastID, type: type, pathCount: path.count))
        top = lastID
        return lastID
    }

    /// Ends the innermost value.
    func close() throws(EncodingError) {
        guard let frame = frames.popLast() else { return }
        top = frames.last?.id ?? 0
        if let failure { throw failure }
        switch frame.kind {
        case .single: return
        case .empty: writer.packMapHeader(0)
        case .array, .map:
            depth -= 1
            guard frame.count <= Int(UInt32.max) else {
                throw error("more than 2^32-1 elements do not fit a container; send them in pieces.")
            }
            if frame.holes.isEmpty {
                writer.patchHeader(at: frame.start, count: frame.count, isMap: frame.kind == .map)
            } else {
                try fill(frame)
            }
        }
    }

    /// Puts the buffers of nested containers where they belong.
    private func fill(_ frame: EncodingFrame) throws(EncodingError) {
        let content = Array(writer.bytes[(frame.start + 1)...])
        writer.truncate(to: frame.start)
        if frame.kind == .map { writer.packMapHeader(frame.count) } else { writer.packArrayHeader(frame.count) }
        var copied = 0
        for hole in frame.holes {
            let offset = hole.offset - frame.start - 1
            writer.append(content[copied..<offset])
            copied = offset
            while hole.state.top != 0 { try hole.state.close() }
            hole.state.writer.withUnsafeBytes { writer.append($0) }
        }
        writer.append(content[copied...])
    }

    // MARK: Containers

    /// Makes the value `id` an array or a map, or finds that it is one already.
    /// - Returns: the id for the container: 0, which may never write, if the value is something else or not innermost.
    func begin(_ kind: EncodingFrame.Kind, _ id: Int) -> Int {
        guard id == top, let index = frames.indices.last else { return 0 }
        if frames[index].kind == kind { return id }
        guard frames[index].kind == .empty else { return 0 }
        if depth >= options.maxDepth { failure = failure ?? tooDeep(frames[index].type) }
        depth += 1
        frames[index].kind = kind
        frames[index].start = writer.count
        writer.packArrayHeader(0)
        return id
    }

    /// Counts one element of the innermost container, about to be written by `id`.
    /// - Returns: its index.
    @discardableResult func element(_ id: Int) throws(EncodingError) -> Int {
        if let failure { throw failure }
        guard id == top, let index = frames.indices.last else { throw misuse() }
        frames[index].count += 1
        return frames[index].count - 1
    }

    /// Makes the value `id` a single one, about to be written.
    func single(_ id: Int) throws(EncodingError) {
        guard id == top, let index = frames.indices.last, frames[index].kind == .empty else { throw misuse() }
        frames[index].kind = .single
    }

    func count(_ id: Int) -> Int { frames.last(where: { $0.id == id })?.count ?? 0 }

    /// Counts an entry of the map `id` and writes its key.
    func entry(_ id: Int, _ key: some CodingKey) throws(EncodingError) {
        try element(id)
        if let number = key.intValue, isIntegerKey(number, key.stringValue) {
            writer.pack(number)
        } else {
            try writer.pack(checked: key.stringValue, codingPath(of: id))
        }
    }

    private func isIntegerKey(_ number: Int, _ text: String) -> Bool {
        if let frame = frames.last, frame.type is any StringKeyed.Type { return false }
        return String(number) == text || Int(text) == nil
    }

    /// A buffer of its own for a nested container or super encoder at this place of the container `id`.
    func nested(_ id: Int, _ key: any CodingKey) -> EncodingState {
        let state = EncodingState(options: options, path: codingPath(of: id) + [key], depth: depth)
        guard failure == nil, id == top, let index = frames.indices.last else {
            state.failure = failure ?? misuse()
            return state
        }
        frames[index].holes.append((writer.count, state))
        return state
    }

    // MARK: Errors

    /// Keeps what Codable gives no way to throw.
    func fail(_ error: EncodingError) { failure = failure ?? error }

    private func misuse() -> EncodingError {
        error("a container was written to after its value was finished, or asked for twice in different kinds.")
    }

    private func tooDeep(_ value: Any) -> EncodingError {
        .invalidValue(value, .init(
            codingPath: path,
            debugDescription: "containers lie more than \(options.maxDepth) deep inside one another; flatten the value or raise maxDepth."))
    }

    private func error(_ sentence: String) -> EncodingError {
        .invalidValue(frames.last?.type ?? Void.self, .init(codingPath: path, debugDescription: sentence))
    }
}

/// A dictionary whose keys are strings whatever they look like.
private protocol StringKeyed {}
extension Dictionary: StringKeyed where Key == String {}

extension MessagePackWriter {
    /// Forgets everything after the first `count` bytes.
    mutating func truncate(to count: Int) { used = Swift.min(used, count) }

    /// Replaces the reserved byte at `start` by the header of a container of `count` elements, whose content follows.
    mutating func patchHeader(at start: Int, count: Int, isMap: Bool) {
        if count <= 15 {
            storage[start] = (isMap ? 0x80 : 0x90) | UInt8(count)
            return
        }
        let shift = count <= 0xffff ? 2 : 4
        makeRoom(shift)
        let end = used
        storage.withUnsafeMutableBytes { all in
            let content = all.baseAddress.unsafelyUnwrapped + start + 1
            (content + shift).copyMemory(from: content, byteCount: end - start - 1)
        }
        used = start
        if isMap { packMapHeader(count) } else { packArrayHeader(count) }
        used = end + shift
    }
}
