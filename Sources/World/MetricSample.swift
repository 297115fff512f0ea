/// One figure of a node, as Prometheus knows it.
public struct MetricSample: Sendable, Hashable {
    /// How a figure behaves, in Prometheus' terms.
    public enum Kind: String, Sendable {
        /// Only rises while the process lives; its rate is what tells.
        case counter
        /// Rises and falls.
        case gauge
    }

    /// In snake case, with its unit last: `gossamer_link_sent_bytes_total`.
    public let name: String
    /// Whether the figure only rises.
    public let kind: Kind
    /// One sentence.
    public let help: String
    /// Sorted by name.
    public let labels: [Label]
    public let value: Double

    /// What one of several samples of the same name is about: `lane="work"`.
    public struct Label: Sendable, Hashable {
        /// In snake case.
        public let name: String
        /// Any text; whoever prints it escapes it.
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
