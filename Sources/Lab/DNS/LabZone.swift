import Lookup

/// The zone of the lab: the root of its tree of names, with everything below. What is not in it does not exist.
enum LabZone {
    /// Seconds for which a record may be kept, and for which it may be known that there is none.
    static let timeToLive = 300, negativeTimeToLive = 60

    /// The zone file (RFC 1035, 5).
    static var text: String {
        let head = [
            "$ORIGIN .", "$TTL \(timeToLive)",
            "@ SOA ns.lab.test. hostmaster.lab.test. 1 3600 600 86400 \(negativeTimeToLive)", "@ NS ns.lab.test.",
            "ns.lab.test. A \(LabNameServer.knot.address)",
        ]
        let names = LabFixtures.names.map { "\($0.name). \($0.address.contains(":") ? "AAAA" : "A") \($0.address)" }
        let aliases = LabFixtures.aliases.map { "\($0.alias). CNAME \($0.name)." }
        let reverse = LabFixtures.addresses.flatMap { reverseRecords($0.address.reverseName, $0.reverse) }
        return (head + names + aliases + reverse).joined(separator: "\n") + "\n"
    }

    private static func reverseRecords(_ name: String, _ reverse: LabAddress.Reverse) -> [String] {
        switch reverse {
        case .names(let names): names.map { "\(name). PTR \($0)." }
        case .alias(let alias, let target): ["\(name). CNAME \(alias).", "\(alias). PTR \(target)."]
        case .noData: ["\(name). TXT \"a name without a PTR record\""]
        case .noName, .broken, .refused, .silent: []
        }
    }

    /// Names whose zones are broken, refused or silent, each with all below it.
    static func troubled(_ isMeant: (LabAddress.Reverse) -> Bool) -> [String] {
        LabFixtures.troubles.filter { isMeant($0.reverse) }.map(\.name)
            + LabFixtures.addresses.filter { isMeant($0.reverse) }.map(\.address.reverseName)
    }

    static var broken: [String] { troubled { if case .broken = $0 { true } else { false } } }
    static var refused: [String] { troubled { if case .refused = $0 { true } else { false } } }
    static var silent: [String] { troubled { if case .silent = $0 { true } else { false } } }
}
