import Mesh
import World

/// Prometheus' text format, version 0.0.4: its "Exposition formats" document.
///
/// All samples of a name stand together under one HELP and one TYPE line. Names come out sorted, and the samples of a name by their labels,
/// so that two scrapes can be compared as texts.
package enum PrometheusText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package static func text(_ samples: [MetricSample]) -> String {
        var byName: [String: [MetricSample]] = [:]
        for sample in samples { byName[name(sample.name, allowingColon: true), default: []].append(sample) }
        var text = ""
        for (name, group) in byName.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(escaped(group[0].help, quotes: false))\n"
            text += "# TYPE \(name) \(group[0].kind.rawValue)\n"
            var seen: Set<String> = []
            for (labels, value) in group.map({ (Self.labels($0.labels), $0.value) }).sorted(by: { $0.0 < $1.0 }) {
                // A series may be there once only, or the whole scrape is refused.
                guard seen.insert(labels).inserted else { continue }
                text += "\(name)\(labels) \(number(value))\n"
            }
        }
        return text
    }

    private static func labels(_ labels: [MetricSample.Label]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\(name($0.name, allowingColon: false))=\"\(escaped($0.value, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    /// Letters, digits and the underline, no digit first; the colon in names of metrics only.
    private static func name(_ text: String, allowingColon: Bool) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit, name.isEmpty { name = "_" }
            name.unicodeScalars.append(isLetter || isDigit || (allowingColon && scalar == ":") ? scalar : "_")
        }
        return name.isEmpty ? "_" : name
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
