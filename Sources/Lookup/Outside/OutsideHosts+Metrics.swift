import World

extension OutsideHosts {
    /// What has become of the calls of each host that is remembered, with the host as its label. When a host is forgotten its figures go,
    /// and begin anew when it is asked again.
    public var metrics: [MetricSample] {
        let hosts = hosts
        typealias Outcome = (name: String, path: KeyPath<OutsideCounts, Int> & Sendable)
        let outcomes: [Outcome] = [
            ("answered", \.answered), ("failed", \.failed), ("busy", \.busy), ("untold", \.untold), ("refused-open", \.refusedOpen),
            ("refused-full", \.refusedFull),
        ]
        let calls = hosts.flatMap { name, host in
            outcomes.map { outcome in
                MetricSample(
                    "gossamer_outside_calls_total", .counter, Double(host.counts[keyPath: outcome.path]),
                    labels: [.init("host", name), .init("outcome", outcome.name)],
                    help: "Calls of a host outside the mesh, by how they ended.")
            }
        }
        typealias Row = (name: String, kind: MetricSample.Kind, value: @Sendable (OutsideHost) -> Int, help: String)
        let rows: [Row] = [
            ("gossamer_outside_retries_total", .counter, { $0.counts.retries }, "Calls of a host that repeated one that had failed."),
            ("gossamer_outside_breaker_openings_total", .counter, { $0.breaker.opened },
             "Times that a host was left alone because it failed or asked for it."),
            ("gossamer_outside_breaker_state", .gauge, { $0.breaker.phase.number },
             "Whether a host is asked: 0 yes, 1 one call is finding out, 2 no, it is left alone."),
            ("gossamer_outside_running", .gauge, { $0.bulkhead.underWay }, "Calls of a host under way."),
            ("gossamer_outside_waiting", .gauge, { $0.bulkhead.queue.count }, "Calls of a host that wait for a place."),
            ("gossamer_outside_places", .gauge, { $0.bulkhead.places }, "Calls of a host that may be under way at a time."),
        ]
        let refused = MetricSample(
            "gossamer_outside_crowded_total", .counter, Double(crowded),
            help: "Calls that were refused because as many other hosts as are remembered were being asked.")
        return [refused] + calls + rows.flatMap { row in
            hosts.map { name, host in
                MetricSample(row.name, row.kind, Double(row.value(host)), labels: [.init("host", name)], help: row.help)
            }
        }
    }
}

extension CircuitBreaker.Phase {
    fileprivate var number: Int {
        switch self {
        case .closed: 0
        case .trying: 1
        case .open: 2
        }
    }
}
