import JSONDocument
import World

extension LookupVantage.Asked {
    /// As clients write it: `"all"`, a number, or an object with one of `zone`, `node`, `sameAs`.
    public var json: JSON {
        switch self {
        case .all: "all"
        case .count(let count): .number(count)
        case .zone(let zone): ["zone": .string(zone)]
        case .node(let name): ["node": .string(name)]
        case .sameAs(let job): ["sameAs": .string("\(job)")]
        }
    }

    /// Reads what a client has written; keys and `all` without regard to case.
    public init(_ json: JSON) throws(VantageRefusal) {
        switch json {
        case .string(let text) where text.asciiLowercased == "all": self = .all
        case .number:
            guard let count: Int = json.integer(), LookupVantage.countsAllowed.contains(count) else {
                let allowed = LookupVantage.countsAllowed
                throw VantageRefusal("\(json.text().prefix(64)) nodes; \(allowed.lowerBound) to \(allowed.upperBound) can be asked for")
            }
            self = .count(count)
        case .object(let members) where members.count == 1: self = try Self.read(members[0])
        default: throw VantageRefusal("\(json.text().prefix(64)) says nothing; \(Self.forms)")
        }
    }

    private static let forms = #"give "all", a number, or an object with one of the keys zone, node, sameAs"#

    private static func read(_ member: JSON.Member) throws(VantageRefusal) -> Self {
        let key = member.key.asciiLowercased
        guard ["zone", "node", "sameas"].contains(key) else { throw VantageRefusal("'\(member.key.prefix(64))' is no key; \(forms)") }
        guard let text = member.value.string, !text.isEmpty, text.utf8.count <= LookupVantage.nameBytes else {
            let shown = member.value.text().prefix(64)
            throw VantageRefusal("\(shown) is no \(member.key): that is a string of 1 to \(LookupVantage.nameBytes) bytes")
        }
        switch key {
        case "zone": return .zone(text)
        case "node": return .node(text)
        default:
            guard let job = WorkID(text) else { throw VantageRefusal("'\(text)' is no id of a job") }
            return .sameAs(job)
        }
    }
}
