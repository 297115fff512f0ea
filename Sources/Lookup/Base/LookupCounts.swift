import World

/// What a bench has done for one service.
public struct LookupCounts: Hashable, Sendable {
    /// Lookups that brought a document.
    public var performed = 0
    /// Lookups that ended with a sentence for the user.
    public var failed = 0
    /// Orders answered with what was saved.
    public var repeated = 0
    /// Orders answered with what was kept of an earlier lookup.
    public var hits = 0
    /// Orders that had to begin a lookup, because nothing was kept.
    public var misses = 0
    /// Orders that had to begin one, because they would have nothing that was kept.
    public var fresh = 0
    /// Orders that shared the lookup of another.
    public var joined = 0
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
            ("gossamer_lookup_cache_hits_total", .counter, \.hits, "Orders of this node that were answered with what was kept."),
            ("gossamer_lookup_cache_misses_total", .counter, \.misses, "Orders of this node that began a lookup, for nothing was kept."),
            ("gossamer_lookup_cache_fresh_total", .counter, \.fresh, "Orders of this node that began a lookup, for they had to be fresh."),
            ("gossamer_lookup_cache_joined_total", .counter, \.joined, "Orders of this node that shared the lookup of another."),
            ("gossamer_lookup_running", .gauge, \.running, "Lookups under way on this node."),
            ("gossamer_lookup_waiting", .gauge, \.waiting, "Lookups that wait for a place on this node."),
        ]
        let counts = counts
        let samples = rows.flatMap { row in
            counts.map { service, counts in
                MetricSample(
                    row.name, row.kind, Double(counts[keyPath: row.path]), labels: [.init("service", service.name)], help: row.help)
            }
        }
        let (entries, bytes, evicted) = (cache.count, cache.bytes, cache.evicted)
        return samples + [
            MetricSample("gossamer_lookup_cache_entries", .gauge, Double(entries), help: "Answers that this node keeps."),
            MetricSample("gossamer_lookup_cache_bytes", .gauge, Double(bytes), help: "Memory that they take, about."),
            MetricSample(
                "gossamer_lookup_cache_evicted_total", .counter, Double(evicted),
                help: "Kept answers of this node that had to go before their time, for want of room."),
        ]
    }
}
