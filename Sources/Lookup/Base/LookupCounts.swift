import World

/// What a bench has done for one service.
public struct LookupCounts: Hashable, Sendable {
    /// Lookups that brought a document.
    public var performed = 0
    /// Lookups that ended with a sentence for the user.
    public var failed = 0
    /// Orders answered with what was saved.
    public var repeated = 0
    public var running = 0
    /// Those that wait for a place.
    public var waiting = 0

    public init() {}
}

extension LookupBench {
    /// The counts as metrics, each with the service's name as its label.
    public var metrics: [MetricSample] {
        typealias Row = (name: String, kind: MetricSample.Kind, path: KeyPath<LookupCounts, Int> & Sendable, help: String)
        let rows: [Row] = [
            ("gossamer_lookup_performed_total", .counter, \.performed, "Lookups of this node that brought a document."),
            ("gossamer_lookup_failed_total", .counter, \.failed, "Lookups of this node that ended with an error for the user."),
            ("gossamer_lookup_repeated_total", .counter, \.repeated, "Orders that came again and were answered with what was saved."),
            ("gossamer_lookup_running", .gauge, \.running, "Lookups under way on this node."),
            ("gossamer_lookup_waiting", .gauge, \.waiting, "Lookups that wait for a place on this node."),
        ]
        let counts = counts
        return rows.flatMap { row in
            counts.map { service, counts in
                MetricSample(
                    row.name, row.kind, Double(counts[keyPath: row.path]), labels: [.init("service", service.name)], help: row.help)
            }
        }
    }
}
