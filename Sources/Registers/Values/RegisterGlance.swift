import MessagePack

/// What one replica knows of a register without asking the others: chosen, and maybe behind what others have.
public struct RegisterGlance: Hashable, Sendable {
    /// Of the register: rises with every chosen change. 0 when there is none.
    public let version: UInt64
    /// The work has ended, and nothing will change any more. With version 0: it has been freed with its hour, or can never be made.
    public let isFinished: Bool
    /// See ``RegisterState/due``.
    public let due: UInt64?
    /// Of the query, by the register's machine; empty when there is no register.
    public let answer: [UInt8]

    public init(version: UInt64, isFinished: Bool, due: UInt64?, answer: [UInt8]) {
        self.version = version
        self.isFinished = isFinished
        self.due = due
        self.answer = answer
    }

    /// Whether whoever has seen that version waits for no more.
    package func isNews(to seen: UInt64?) -> Bool { seen.map { version > $0 } ?? true || isFinished }
}

extension RegisterGlance {
    /// As replicas answer it: the fields one after the other, without names.
    package var packed: [UInt8] {
        var writer = MessagePackWriter(capacity: answer.count + 32)
        pack(into: &writer)
        return writer.finish()
    }

    /// Reads bytes that are exactly one.
    package init(unpacking bytes: [UInt8]) throws(MessagePackError) {
        var reader = MessagePackReader(bytes)
        try self.init(from: &reader)
        try reader.expectEnd()
    }

    func pack(into writer: inout MessagePackWriter) {
        writer.pack(version)
        RegisterState(bytes: [], isFinished: isFinished, due: due).course.pack(into: &writer)
        writer.packBinary(answer)
    }

    init(from reader: inout MessagePackReader) throws(MessagePackError) {
        version = try reader.readUInt64()
        let state = RegisterState(bytes: [], course: try RegisterCourse(from: &reader))
        (isFinished, due) = (state.isFinished, state.due)
        answer = Array(try reader.readBinary())
    }
}
