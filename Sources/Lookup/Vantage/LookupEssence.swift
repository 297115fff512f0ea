import JSONDocument
import World

// WHAT TWO NODES CAN AGREE ON
//
// No two answers are equal to the letter: echoes take their time, documents say when they were made, names come in any order. So what is compared
// is the essential part of each, by service:
//
//   GeoIP        country and city
//   Ping         whether the host answers at all; how fast is shown beside it
//   RDAP         handle, name, and a digest of the whole document without what changes from one answer of a registry to the next
//   ReverseDNS   the set of names
//   others       a digest of the document

extension LookupOutcome {
    /// What of an answer can be expected to be the same everywhere.
    /// - Parameter document: the decoded ``data``.
    static func essence(of document: JSON, service: Int) -> JSON {
        switch LookupService(value: service) {
        case .geoIP?: ["country": document["country"] ?? .null, "city": document["city"] ?? .null]
        case .ping?: ["reachable": .bool(document.averageRoundTrip != nil)]
        case .rdap?:
            [
                "handle": document["handle"] ?? .null, "ldhName": document["ldhName"] ?? .null,
                "digest": .string(document.withoutMoment.digest),
            ]
        case .reverseDNS?: ["names": .array(document.names.map { .string($0) })]
        default: ["digest": .string(document.digest)]
        }
    }
}

extension JSON {
    /// Milliseconds, of a ping's document; nil when no echo was answered.
    var averageRoundTrip: Double? {
        guard let received: Int = self["packetsReceived"]?.integer(), received > 0 else { return nil }
        guard case .number(let literal)? = self["averageRoundtripMs"] else { return nil }
        return Double(literal)
    }

    /// All names that a reverse lookup has found, each once, sorted.
    fileprivate var names: [String] {
        let all = [self["hostName"]?.string].compactMap { $0 } + (self["aliases"]?.elements ?? []).compactMap(\.string)
        return Set(all.map(\.asciiLowercased)).sorted()
    }

    /// A document of a registry without its notices and the times at which its data base was last brought up to date: they are of the answer and not of
    /// what was asked for (RFC 9083, 4.3 and 4.5).
    fileprivate var withoutMoment: JSON {
        switch self {
        case .object(let members): .object(members.filter { $0.key != "notices" }.map { JSON.Member($0.key, $0.value.withoutMoment) })
        case .array(let elements):
            .array(elements.filter { $0["eventAction"]?.string != "last update of RDAP database" }.map(\.withoutMoment))
        case .null, .bool, .number, .string: self
        }
    }

    /// The same for equal values, whatever the order of their keys: 16 hexadecimal digits. It is there to compare, not to prove anything.
    fileprivate var digest: String {
        let text = String(StableHash.hash(sorted.text().utf8), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private var sorted: JSON {
        switch self {
        case .object(let members): .object(members.map { JSON.Member($0.key, $0.value.sorted) }.sorted { $0.key < $1.key })
        case .array(let elements): .array(elements.map(\.sorted))
        case .null, .bool, .number, .string: self
        }
    }
}
