import Hummingbird
import Web

/// `GET /metrics`.
struct MetricsRoutes: RouteGroup {
    let node: any NodeInspection

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/metrics") { _ in
                .text(PrometheusText.text(await node.inspectMetrics()), type: PrometheusText.contentType)
            }
        ]
    }
}
