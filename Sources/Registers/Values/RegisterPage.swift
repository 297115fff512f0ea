import MessagePack
import World

/// What one store names of a list of registers, and how far it has looked.
package struct RegisterPage: Sendable {
    /// Of registers of which the store is the home, the last name first.
    package private(set) var entries: [(key: RegisterKey, glance: RegisterGlance)] = []
    /// All names from this one on have been looked at; nil when all of the list have.
    package var reached: [UInt8]?
    /// Bytes of the answers.
    package private(set) var bytes = 0

    package init() {}

    package mutating func append(_ key: RegisterKey, _ glance: RegisterGlance) {
        entries.append((key, glance))
        bytes += glance.answer.count
    }

    /// What was found behind this.
    package mutating func append(_ more: RegisterPage) {
        entries += more.entries
        bytes += more.bytes
        reached = more.reached
    }
}

extension RegisterPage {
    /// As stores answer it: the names and glances one after the other, without names of fields.
    package var packed: [UInt8] {
        var writer = MessagePackWriter(capacity: bytes + 64 * entries.count + 64)
        writer.packArrayHeader(entries.count)
        for (key, glance) in entries {
            writer.packBinary(key.bytes)
            if let hour = key.hour { writer.pack(hour.number) } else { writer.packNil() }
            glance.pack(into: &writer)
        }
        if let reached { writer.packBinary(reached) } else { writer.packNil() }
        return writer.finish()
    }

    /// Reads bytes that are exactly one.
    package init(unpacking bytes: [UInt8]) throws(MessagePackError) {
        var reader = MessagePackReader(bytes)
        for _ in 0..<(try reader.readArrayHeader(max: RegisterLimits.surveyedEntries)) {
            let name = Array(try reader.readBinary(maxBytes: RegisterKey.maximumBytes))
            let hour: CreationHour? = try reader.readNilIfPresent() ? nil : CreationHour(number: try reader.readInt())
            let glance = try RegisterGlance(from: &reader)
            // One without a name is nobody's.
            if let key = RegisterKey(bytes: name, hour: hour) { append(key, glance) }
        }
        reached = try reader.readNilIfPresent() ? nil : Array(reader.readBinary(maxBytes: RegisterKey.maximumBytes))
        try reader.expectEnd()
    }
}
