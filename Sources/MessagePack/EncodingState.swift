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
/// Codable hands out containers that the values may keep and misuse. Only the innermost open value may write; all
/// others get an `EncodingError`, never a trap.
///
/// The properties that every field touches are exempt from the run-time check of exclusive access, which took a quarter
/// of the time: nothing here calls into a value while it holds one of them.
final class EncodingState {
    @exclusivity(unchecked) var writer: MessagePackWriter
    let options: MessagePackEncoder
    /// The innermost frame, which alone may write. Its id is 0 when no value is open.
    @exclusivity(unchecked) private var current = EncodingFrame(id: 0, type: Never.self, pathCount: 0)
    /// The frames around it.
    private var outer: [EncodingFrame] = []
    @exclusivity(unchecked) private var path: [any CodingKey]
    private var lastID = 0
    /// Containers open, those around this state included.
    private var depth: Int
    /// What could not be thrown where it happened, because Codable asks for containers without `throws`.
    @exclusivity(unchecked) private var failure: (any Error)?

    init(options: MessagePackEncoder, path: [any CodingKey] = [], depth: Int = 0) {
        writer = MessagePackWriter(capacity: 0)
        self.options = options
        self.path = path
        self.depth = depth
    }

    func codingPath(of id: Int) -> [any CodingKey] {
        guard let frame = frame(id) else { return path }
        return Array(path.prefix(frame.pathCount))
    }

    func count(_ id: Int) -> Int { frame(id)?.count ?? 0 }

    private func frame(_ id: Int) -> EncodingFrame? {
        current.id == id ? current : outer.last { $0.id == id }
    }

    // MARK: Values

    /// Writes a whole value, which belongs under `key` in the innermost container.
    func encode<T: Encodable>(_ value: T, key: @autoclosure () -> any CodingKey) throws {
        let direct = DirectType(T.self)
        if direct != .none { return try writer.pack(value, as: direct, path: self.path + [key()]) }
        try descend(value, key: key())
    }

    /// Lets a value encode itself.
    func descend<T: Encodable>(_ value: T, key: (any CodingKey)?) throws {
        if let key { path.append(key) }
        defer { if key != nil { path.removeLast() } }
        guard outer.count < 4 * options.maxDepth else { throw tooDeep(value) }
        let id = open(T.self)
        do {
            try value.encode(to: ValueEncoder(state: self, id: id))
        } catch {
            leave()
            throw error
        }
        try close()
    }

    @discardableResult func open(_ type: Any.Type) -> Int {
        if current.id != 0 { outer.append(current) }
        lastID += 1
        current = EncodingFrame(id: lastID, type: type, pathCount: path.count)
        return lastID
    }

    /// Makes the frame around the innermost one the innermost.
    private func leave() {
        if current.kind == .array || current.kind == .map { depth -= 1 }
        current = outer.popLast() ?? EncodingFrame(id: 0, type: Never.self, pathCount: 0)
    }

    /// Ends the innermost value.
    func close() throws {
        let frame = current
        leave()
        if let failure { throw failure }
        switch frame.kind {
        case .single: return
        case .empty: writer.packMapHeader(0)
        case .array, .map:
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
    private func fill(_ frame: EncodingFrame) throws {
        let content = Array(writer.bytes[(frame.start + 1)...])
        writer.truncate(to: frame.start)
        if frame.kind == .map { writer.packMapHeader(frame.count) } else { writer.packArrayHeader(frame.count) }
        var copied = 0
        for hole in frame.holes {
            let offset = hole.offset - frame.start - 1
            writer.append(content[copied..<offset])
            copied = offset
            while hole.state.current.id != 0 { try hole.state.close() }
            hole.state.writer.withUnsafeBytes { writer.append($0) }
        }
        writer.append(content[copied...])
    }

    // MARK: Containers

    /// Makes the value `id` an array or a map, or finds that it is one already.
    /// - Returns: the id for the container: -1, which may never write, if the value is something else or not innermost.
    func begin(_ kind: EncodingFrame.Kind, _ id: Int) -> Int {
        guard id == current.id else { return -1 }
        if current.kind == kind { return id }
        guard current.kind == .empty else { return -1 }
        if depth >= options.maxDepth { fail(tooDeep(current.type)) }
        depth += 1
        current.kind = kind
        current.start = writer.count
        writer.packArrayHeader(0)
        return id
    }

    /// Counts one element of the innermost container, about to be written by `id`.
    /// - Returns: its index.
    @discardableResult @inline(__always) func element(_ id: Int) throws -> Int {
        guard id == current.id, failure == nil else { throw failure ?? misuse() }
        current.count += 1
        return current.count - 1
    }

    /// Makes the value `id` a single one, about to be written.
    func single(_ id: Int) throws {
        guard id == current.id, current.kind == .empty else { throw misuse() }
        current.kind = .single
    }

    /// Counts an entry of the map `id` and writes its key.
    @inline(__always) func entry(_ id: Int, _ key: some CodingKey) throws {
        try element(id)
        if let number = key.intValue, isIntegerKey(number, key.stringValue) {
            writer.pack(number)
        } else {
            writer.pack(key.stringValue)
        }
    }

    private func isIntegerKey(_ number: Int, _ text: String) -> Bool {
        if current.type is any StringKeyed.Type { return false }
        return String(number) == text || Int(text) == nil
    }

    /// A buffer of its own for a nested container or super encoder at this place of the container `id`.
    func nested(_ id: Int, _ key: any CodingKey) -> EncodingState {
        let state = EncodingState(options: options, path: codingPath(of: id) + [key], depth: depth)
        if failure == nil, id == current.id {
            current.holes.append((writer.count, state))
        } else {
            state.failure = failure ?? misuse()
        }
        return state
    }

    // MARK: Errors

    /// Keeps what Codable gives no way to throw.
    func fail(_ error: any Error) { failure = failure ?? error }

    private func misuse() -> EncodingError {
        error("a container was written to after its value was finished, or asked for twice in different kinds.")
    }

    private func tooDeep(_ value: Any) -> EncodingError {
        .invalidValue(value, .init(
            codingPath: path,
            debugDescription: "containers lie more than \(options.maxDepth) deep inside one another; flatten the value "
                + "or raise maxDepth."))
    }

    private func error(_ sentence: String) -> EncodingError {
        .invalidValue(current.type, .init(codingPath: path, debugDescription: sentence))
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
