extension OptionsReader {
    func ping(_ lookup: Section) -> PingOptions {
        var options = PingOptions()
        guard let section = lookup.section("ping", known: TopologyKeys.ping) else { return options }
        options.count = section.integer("count", in: 1 ... 100)?.value
        options.interval = section.duration("interval", in: .milliseconds(10) ... .seconds(10))
        options.timeout = section.duration("timeout", in: .milliseconds(10) ... .seconds(15))
        options.methods = list(section, "methods", in: 1 ... PingOptions.Method.allCases.count) { text in
            let words = PingOptions.Method.allCases.map(\.rawValue)
            let method = PingOptions.Method(rawValue: text.value)
            if method == nil { section.refuse(text, "must be one of \(words.joined(separator: ", "))") }
            return method
        }
        options.ports = list(section, "ports", in: 1 ... 8) { text in
            let port = text.value.utf8.allSatisfy(DurationNotation.isDigit) ? UInt16(text.value).flatMap { $0 > 0 ? $0 : nil } : nil
            if port == nil { section.refuse(text, "must be a port, a whole number from 1 to 65535") }
            return port
        }
        return options
    }

    /// A list in which nothing comes twice.
    private func list<Value: Hashable>(
        _ section: Section, _ key: String, in range: ClosedRange<Int>, _ read: (Located<String>) -> Value?
    ) -> [Value]? {
        guard let texts = section.texts(key) else { return nil }
        var values: [Value] = []
        for text in texts {
            guard let value = read(text) else { continue }
            if values.contains(value) { section.refuse(text, "stands in the list before") } else { values.append(value) }
        }
        if !range.contains(texts.count), let place = section.keys.first(where: { $0.value == key })?.place {
            let shown = Located(value: "\(texts.count) values", place: place)
            section.refuse(shown, "must be a list of \(range.lowerBound) to \(range.upperBound)")
        }
        return values
    }
}
