import JSONDocument
import Transport
import Web
import Wire

/// A rule as the admin port reads and writes it:
///
/// ```json
/// {"name": "cut", "peer": "n2", "direction": "both", "lanes": ["pulse"], "kinds": ["membership"],
///  "action": "delay", "ms": 100, "jitterMs": 20, "probability": 0.5, "ttlMs": 10000}
/// ```
/// `action` is one of `pass drop hold delay duplicate reorder corrupt throttle`; `delay` has `ms` and `jitterMs`, `reorder` has
/// `withinMs`, `throttle` has `bytesPerSecond`. Only `name`, `action` and `ttlMs` are required.
extension FaultRule {
    init(_ json: JSON) throws(Problem) {
        guard json.members != nil else { throw Self.problem("rules", "\(json.kind) is no rule; expected an object") }
        guard let name = json["name"]?.string else { throw Self.problem("name", "missing; a rule needs a name") }
        guard let ttlMs = json["ttlMs"]?.integer() else {
            throw Self.problem("ttlMs", "expected how many milliseconds the rule may last, 1 to 86400000")
        }
        self.init(name: name, action: try Self.action(json), ttlMs: ttlMs)
        peer = try Self.optional(json, "peer", "expected the name of a node") { $0.string }
        direction = try Self.optional(json, "direction", "expected inbound, outbound or both") {
            $0.string.flatMap { Direction(rawValue: $0) }
        } ?? .both
        probability = try Self.optional(json, "probability", "expected a number from 0 to 1") {
            if case .number(let literal) = $0 { Double(literal) } else { nil }
        } ?? 1
        lanes = try Self.list(json, "lanes", "expected an array of pulse, truth and work") { $0.string }
        kinds = try Self.list(json, "kinds", "expected an array of frame kinds, by name or number") { element in
            element.integer(UInt8.self) ?? element.string.flatMap { name in
                FrameKind.allCases.first { "\($0)" == name }?.rawValue
            }
        }
    }

    private static func action(_ json: JSON) throws(Problem) -> Action {
        func number(_ key: String, default fallback: Int? = nil) throws(Problem) -> Int {
            guard let value = json[key] else {
                if let fallback { return fallback }
                throw problem(key, "missing; the action needs it")
            }
            guard let number = value.integer() else { throw problem(key, "expected a whole number") }
            return number
        }
        switch json["action"]?.string {
        case "pass": return .pass
        case "drop": return .drop
        case "hold": return .hold
        case "duplicate": return .duplicate
        case "corrupt": return .corrupt
        case "delay": return .delay(ms: try number("ms"), jitterMs: try number("jitterMs", default: 0))
        case "reorder": return .reorder(withinMs: try number("withinMs"))
        case "throttle": return .throttle(bytesPerSecond: try number("bytesPerSecond"))
        default:
            throw problem("action", "expected one of pass, drop, hold, delay, duplicate, reorder, corrupt, throttle")
        }
    }

    private static func optional<Value>(
        _ json: JSON, _ key: String, _ expectation: String, _ read: (JSON) -> Value?
    ) throws(Problem) -> Value? {
        guard let value = json[key], value != .null else { return nil }
        guard let result = read(value) else { throw problem(key, expectation) }
        return result
    }

    private static func list<Value>(
        _ json: JSON, _ key: String, _ expectation: String, _ read: (JSON) -> Value?
    ) throws(Problem) -> [Value] {
        guard let value = json[key], value != .null else { return [] }
        guard let elements = value.elements else { throw problem(key, expectation) }
        var values: [Value] = []
        for element in elements {
            guard let result = read(element) else { throw problem(key, expectation) }
            values.append(result)
        }
        return values
    }

    private static func problem(_ field: String, _ message: String) -> Problem { .invalid([.init(field, [message])]) }
}

extension FaultRow {
    /// The rule as it can be set again, with what it has done.
    var json: JSON {
        var members: [JSON.Member] = [
            .init("name", .string(rule.name)), .init("peer", .text(rule.peer)),
            .init("direction", .string(rule.direction.rawValue)),
            .init("lanes", .array(rule.lanes.map { .string($0) })),
            .init("kinds", .array(rule.kinds.map { kind in
                FrameKind(rawValue: kind).map { .string("\($0)") } ?? .number(kind)
            })),
        ]
        switch rule.action {
        case .pass: members.append(.init("action", "pass"))
        case .drop: members.append(.init("action", "drop"))
        case .hold: members.append(.init("action", "hold"))
        case .duplicate: members.append(.init("action", "duplicate"))
        case .corrupt: members.append(.init("action", "corrupt"))
        case .delay(let ms, let jitterMs):
            members += [.init("action", "delay"), .init("ms", .number(ms)), .init("jitterMs", .number(jitterMs))]
        case .reorder(let withinMs): members += [.init("action", "reorder"), .init("withinMs", .number(withinMs))]
        case .throttle(let rate): members += [.init("action", "throttle"), .init("bytesPerSecond", .number(rate))]
        }
        members += [
            .init("probability", .number(rule.probability)), .init("ttlMs", .number(rule.ttlMs)), .init("hits", .number(hits)),
            .init("remainingMs", .number(remainingMs)),
        ]
        return .object(members)
    }
}
