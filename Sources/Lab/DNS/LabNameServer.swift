/// One of the lab's name servers, each a program of the system's packages:
///
/// * dnsmasq is the resolver that the nodes ask. It keeps nothing, so that what stops answering is noticed at once.
/// * knot is the authority behind it, for the whole tree of names. It has also zones whose files are missing, for which it says SERVFAIL.
/// * unbound is behind it too, for zones of which it drops every question, and others of which it refuses every one.
package enum LabNameServer: String, CaseIterable, Sendable {
    case knot, unbound, dnsmasq

    /// Each has port 53 of an address of the loopback network, which is the lab's own.
    package var address: String {
        switch self {
        case .dnsmasq: "127.0.0.53"
        case .knot: "127.0.0.54"
        case .unbound: "127.0.0.55"
        }
    }

    /// Where the program is.
    package var program: String {
        switch self {
        case .dnsmasq: "/usr/sbin/dnsmasq"
        case .knot: "/usr/sbin/knotd"
        case .unbound: "/usr/sbin/unbound"
        }
    }

    /// The Debian package that brings it.
    package var package: String { self == .dnsmasq ? "dnsmasq-base" : rawValue }

    /// What it does, for people.
    package var role: String {
        switch self {
        case .dnsmasq: "the resolver that the nodes ask"
        case .knot: "the authority for all names, and for zones that are broken"
        case .unbound: "zones that are silent or refused"
        }
    }

    /// The arguments with which it stays in the foreground, as whoever has started it.
    /// - Parameter directory: absolute; has the ``files(in:)``.
    package func arguments(in directory: String) -> [String] {
        switch self {
        case .dnsmasq:
            let behind = (LabZone.refused + LabZone.silent).map { "--server=/\($0)/\(Self.unbound.address)" }
            return [
                "--no-daemon", "--conf-file=/dev/null", "--port=53", "--listen-address=\(address)", "--bind-interfaces", "--no-resolv",
                "--no-hosts", "--no-poll", "--pid-file=", "--cache-size=0", "--server=\(Self.knot.address)",
            ] + behind
        case .knot: return ["-c", directory + "/knot.conf"]
        case .unbound: return ["-d", "-c", directory + "/unbound.conf"]
        }
    }

    /// The files that it reads, by their paths. It may write into the directory.
    package func files(in directory: String) -> [(path: String, text: String)] {
        switch self {
        case .dnsmasq: []
        case .knot: [(directory + "/knot.conf", knotConfiguration(directory)), (directory + "/root.zone", LabZone.text)]
        case .unbound: [(directory + "/unbound.conf", unboundConfiguration(directory))]
        }
    }

    private func knotConfiguration(_ directory: String) -> String {
        func zone(_ name: String, _ file: String) -> String {
            """
              - domain: "\(name)"
                file: "\(directory)/\(file)"
                zonefile-sync: -1
                journal-content: none

            """
        }
        // A zone whose file is not there is a zone that cannot be loaded.
        let broken = LabZone.broken.map { zone($0 + ".", "missing.zone") }.joined()
        return """
            server:
                rundir: "\(directory)"
                listen: \(address)@53
                udp-workers: 1
                tcp-workers: 1
                background-workers: 1
            log:
              - target: stderr
                any: warning
            database:
                storage: "\(directory)"
            zone:

            """ + zone(".", "root.zone") + broken
    }

    private func unboundConfiguration(_ directory: String) -> String {
        let silent = LabZone.silent.map { "    local-zone: \"\($0).\" always_deny\n" }.joined()
        let refused = LabZone.refused.map { "    local-zone: \"\($0).\" always_refuse\n" }.joined()
        return """
            server:
                interface: \(address)@53
                do-daemonize: no
                use-syslog: no
                logfile: ""
                username: ""
                chroot: ""
                directory: "\(directory)"
                pidfile: ""
                num-threads: 1
                module-config: "iterator"
                access-control: 127.0.0.0/8 allow

            """ + silent + refused + """
            remote-control:
                control-enable: no

            """
    }
}
