/// One figure of a node, as Prometheus knows it.
public struct MetricSample: Sendable, Hashable {
    public enum Kind: String, Sendable { case counter, gauge }

    /// In snake case, with its unit last: `gossamer_link_sent_bytes_total`.
    public let name: String
    public let kind: Kind
    /// One sentence.
    public let help: String
    /// Sorted by name.
    public let labels: [Label]
    public let value: Double

    public struct Label: Sendable, Hashable {
        public let name: String
        public let value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ name: String, _ kind: Kind, _ value: Double, labels: [Label] = [], help: String) {
        self.name = name
        self.kind = kind
        self.value = value
        self.labels = labels
        self.help = help
    }
}

/// What the core counts.
struct CoreCounters {
    var callsSent: UInt64 = 0
    var callsFailed: UInt64 = 0
    var callsExpired: UInt64 = 0
    var lateAnswers: UInt64 = 0
    var callsReceived: UInt64 = 0
    var callsRefused: UInt64 = 0
    var malformedFrames: UInt64 = 0
    var unknownFrames: UInt64 = 0
}
