import Hummingbird
import Mesh
import Web
import World

/// `GET /metrics`.
struct MetricsRoutes: RouteGroup {
    let node: any NodeInspection
    let more: @Sendable () async -> [MetricSample]

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/metrics") { _ in
                let samples = await node.inspectMetrics() + more()
                return .text(PrometheusText.text(samples), type: PrometheusText.contentType)
            }
        ]
    }
}
