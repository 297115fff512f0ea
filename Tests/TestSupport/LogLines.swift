import Logging
import Synchronization

/// Keeps what is logged.
public struct LogLines: LogHandler {
    private final class Lines: Sendable { let lines = Mutex<[String]>([]) }
    private let kept = Lines()
    public var metadata: Logger.Metadata = [:]
    public var logLevel = Logger.Level.info

    public init() {}

    public var all: [String] { kept.lines.withLock { $0 } }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) { kept.lines.withLock { $0.append("\(event.message)") } }
}
