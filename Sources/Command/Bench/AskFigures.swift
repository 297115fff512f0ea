import JSONDocument
import Web

/// What one run of the driver finds.
struct AskFigures: Hashable, Sendable {
    /// Microseconds.
    var inlineP50 = 0.0, inlineP99 = 0.0, poolP50 = 0.0, poolP99 = 0.0
    /// Asks in a second by 64 callers; messages in a second one way.
    var concurrent = 0.0, oneWay = 0.0
    /// On the wire for one echo, there and back.
    var bytesOut = 0.0, bytesIn = 0.0
    /// Microseconds of both processes together.
    var processorPerAsk = 0.0

    private static let fields: [(name: String, path: WritableKeyPath<AskFigures, Double> & Sendable)] = [
        ("inlineP50", \.inlineP50), ("inlineP99", \.inlineP99), ("poolP50", \.poolP50), ("poolP99", \.poolP99),
        ("concurrent", \.concurrent), ("oneWay", \.oneWay), ("bytesOut", \.bytesOut), ("bytesIn", \.bytesIn),
        ("processorPerAsk", \.processorPerAsk),
    ]

    init() {}

    /// Reads the driver's line. `nil` when a figure is missing.
    init?(_ json: JSON) {
        for field in Self.fields {
            guard let value = json[field.name]?.double else { return nil }
            self[keyPath: field.path] = value
        }
    }

    var json: JSON { .object(Self.fields.map { .init($0.name, .number(self[keyPath: $0.path])) }) }
}

/// What one run of the yardstick finds.
struct YardstickFigures: Hashable, Sendable {
    let p50: Double
    let p99: Double
    let concurrent: Double
    let oneWay: Double

    init?(_ json: JSON) {
        guard let p50 = json["p50"]?.double, let p99 = json["p99"]?.double, let concurrent = json["concurrent"]?.double,
            let oneWay = json["oneWay"]?.double
        else { return nil }
        (self.p50, self.p99, self.concurrent, self.oneWay) = (p50, p99, concurrent, oneWay)
    }
}
