import Topology

extension Endpoint {
    /// Where an HTTP client on this machine or another finds what listens here. A wildcard is asked by the loopback.
    package var url: String {
        let host = self.host == "0.0.0.0" || self.host == "*" || self.host == "::" ? "127.0.0.1" : self.host
        return "http://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }
}
