import Logging
import World

/// The nodes' log: one line an event, `time level node message key=value`, so that it can be read, sorted and searched
/// with what every machine has.
///
/// ```
/// 2025-11-21T06:30:00.123Z info n1 a member has joined member=n2#3 address=127.0.0.1:7110
/// ```
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let node: String
    private let now: @Sendable () -> WallTime
    private let sink: @Sendable (String) -> Void

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - sink: takes one whole line with its end, in one write, so that lines of different threads do not mix.
    package init(
        node: String, level: Logger.Level, now: @escaping @Sendable () -> WallTime,
        sink: @escaping @Sendable (String) -> Void = { Terminal.error.write($0) }
    ) {
        self.node = node
        logLevel = level
        self.now = now
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        var line = "\(now().iso8601) \(event.level.rawValue) \(node) \(Self.oneLine(event.message.description))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.quoted("\(value)"))" }
        if let error = event.error { line += " error=\(Self.quoted("\(error)"))" }
        sink(line + "\n")
    }

    /// A peer's text must not make a line of its own.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: PlainText.isUnruly) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case let control where PlainText.isUnruly(control): result += "\\u{\(String(control.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// In quotes when it would not be read as one value otherwise.
    static func quoted(_ text: String) -> String {
        let line = oneLine(text)
        guard line.isEmpty || line.contains(where: { $0 == " " || $0 == "=" || $0 == "\"" }) else { return line }
        var result = "\""
        for character in line {
            if character == "\"" { result.append("\\") }
            result.append(character)
        }
        return result + "\""
    }
}
