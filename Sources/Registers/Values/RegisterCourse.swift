import MessagePack

/// Where a register stands, in one field on the wire and on disk: true when it has ended; else from when on somebody has to look after it,
/// milliseconds since 1970, or false when nobody has to.
enum RegisterCourse {
    case goesOn
    case due(UInt64)
    case finished

    func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .goesOn: writer.pack(false)
        case .due(let time): writer.pack(time)
        case .finished: writer.pack(true)
        }
    }

    init(from reader: inout MessagePackReader) throws(MessagePackError) {
        if try reader.peekFormat() == .bool {
            self = try reader.readBool() ? .finished : .goesOn
        } else {
            self = .due(try reader.readUInt64())
        }
    }
}

extension RegisterState {
    var course: RegisterCourse { isFinished ? .finished : due.map { .due($0) } ?? .goesOn }

    init(bytes: [UInt8], course: RegisterCourse) {
        switch course {
        case .goesOn: self.init(bytes: bytes)
        case .due(let time): self.init(bytes: bytes, due: time)
        case .finished: self.init(bytes: bytes, isFinished: true)
        }
    }
}
