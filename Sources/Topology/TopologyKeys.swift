/// Every key that a topology file may have, by section. `topology/reference.yaml` shows them all, which a test checks.
package enum TopologyKeys {
    package static let root = [
        "mesh", "nodes", "defaults", "seeds", "dataDir", "membership", "transport", "security", "lookup", "primes", "limits",
        "admin", "log",
    ]
    package static let defaults = [
        "bind", "advertise", "port", "admin", "edge", "roles", "zone", "capacity", "labels", "dataDir",
    ]
    package static let node = ["name"] + defaults
    package static let endpoint = ["host", "port"]
    package static let membership =
        ["preset"] + MembershipOptions.durations.map(\.key) + MembershipOptions.counts.map(\.key)
        + MembershipOptions.byteCounts.map(\.key) + MembershipOptions.factors.map(\.key)
    package static let transport = [
        "queuedFrames", "queuedBytes", "window", "windowBytes", "batchBytes", "ackDelay", "unresponsiveAfter",
        "inboundSessions",
    ]
    package static let security = ["curve"]
    package static let curve = ["nodes", "allow"]
    package static let curveNode = ["publicKey", "secretKeyFile"]
    package static let lookup = [
        "deadline", "runningJobs", "profile", "geoip", "ping", "dns", "rdap", "privateTargets", "outside", "cache",
    ]
    package static let geoip = ["files", "url"]
    package static let ping = ["count", "interval", "timeout", "methods", "ports"]
    package static let outside = [
        "calls", "questions", "waiting", "attempts", "failures", "pauseMin", "pauseMax", "hosts",
    ]
    package static let cache = ["entries", "bytes", "keepMax", "failedMax"]
    package static let primes = ["deadline", "runningJobs"]
    package static let limits = ["post", "get", "all", "keys", "trustedProxies"]
    package static let limit = ["limit", "window", "segments", "queue"]
    package static let limitKey = ["sha256", "post", "get"]
    package static let admin = ["tokenFile"]
    package static let log = ["level"]
}
