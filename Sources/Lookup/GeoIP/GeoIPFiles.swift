import JSONDocument
import Logging
import World

/// Where an address is, by files of the MaxMind format: of cities, countries, autonomous systems or providers, any of them together. What
/// several say is taken from the first of them that does, by its place in the list.
struct GeoIPFiles: Sendable {
    private let databases: [MaxMindDatabase]

    init(paths: [String], log: Logger) { databases = paths.map { MaxMindDatabase(path: $0, log: log) } }

    private enum Field {
        static let texts: KeyValuePairs = [
            "country": ["country/names/en", "registered_country/names/en"],
            "countryCode": ["country/iso_code", "registered_country/iso_code"],
            "region": ["subdivisions/0/iso_code"], "regionName": ["subdivisions/0/names/en"], "city": ["city/names/en"],
            "zip": ["postal/code"], "timezone": ["location/time_zone"],
            "isp": ["isp", "traits/isp"] + holder, "org": ["organization", "traits/organization"] + holder,
        ]
        /// With the largest value that there is.
        static let numbers: KeyValuePairs = ["lat": ("location/latitude", 90.0), "lon": ("location/longitude", 180.0)]
        static let number = ["autonomous_system_number", "traits/autonomous_system_number"]
        static let holder = ["autonomous_system_organization", "traits/autonomous_system_organization"]

        static let all = texts.flatMap(\.value) + numbers.map(\.value.0) + number
    }

    /// How it stands with each file, by its path. Reads them.
    func look(isTold: Bool) -> [(path: String, standing: MaxMindDatabase.Standing)] {
        databases.map { ($0.path, $0.look(isTold: isTold)) }
    }

    /// The document. What is the matter with a file is told in it, if another knows the address.
    /// - Throws: ``LookupFailure`` when no file knows it.
    func find(_ address: IPAddress) throws(LookupFailure) -> GeoIPDocument {
        var answers: [(name: String, answer: MaxMindDatabase.Answer)] = [], failures: [LookupFailure] = []
        for database in databases {
            do throws(LookupFailure) {
                // An address of IPv6 that carries one of IPv4 is where that one is.
                let answer = try database.find(address.embedded ?? address, Field.all)
                answers.append((Self.fileName(database.path), answer))
            } catch {
                failures.append(error)
            }
        }
        let problems = answers.compactMap(\.answer.problem) + failures.map(\.message)
        var merge = Merge(answers.map(\.answer.values))
        let values = merge.values()
        guard !values.isEmpty else {
            if let failure = failures.first { throw failure }
            let names = databases.map { Self.fileName($0.path) }.joined(separator: ", ")
            throw LookupFailure("\(address) is not in \(names)", source: .target, keep: problems.isEmpty ? GeoIPWorker.longestKeep : nil)
        }
        let files = zip(answers, merge.fields).map { file, fields -> JSON in
            [
                "name": .string(file.name), "type": .string(file.answer.type), "builtAt": .string(file.answer.builtAt.iso8601),
                "fields": .array(fields.map { .string($0) }),
            ]
        }
        let source: JSON = ["files": .array(files), "problems": .array(problems.map { .string($0) })]
        return GeoIPDocument(values: values, source: source, problems: problems)
    }

    private static func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The records of several files made one.
    private struct Merge {
        private let records: [[String: MaxMindDatabase.Value]]
        /// For each record the keys whose value it has given.
        private(set) var fields: [[String]]

        init(_ records: [[String: MaxMindDatabase.Value]]) {
            self.records = records
            fields = records.map { _ in [] }
        }

        mutating func values() -> [String: JSON] {
            var values: [String: JSON] = [:]
            for (key, paths) in Field.texts {
                if let text = take(key, paths, Self.text) { values[key] = .string(text) }
            }
            for (key, (path, largest)) in Field.numbers {
                if let number = take(key, [path], { Self.number($0, largest) }) { values[key] = number }
            }
            let system = take("as", Field.number, Self.systemNumber).map { "AS\($0)" }
            let holder = take("as", Field.holder, Self.text)
            let both = [system, holder].compactMap { $0 }
            if !both.isEmpty { values["as"] = .string(both.joined(separator: " ")) }
            return values
        }

        /// The first value that can be used: an earlier path counts more than an earlier file.
        private mutating func take<Value>(
            _ key: String, _ paths: [String], _ read: (MaxMindDatabase.Value) -> Value?
        ) -> Value? {
            for path in paths {
                for (index, record) in records.enumerated() {
                    guard let value = record[path].flatMap(read) else { continue }
                    if !fields[index].contains(key) { fields[index].append(key) }
                    return value
                }
            }
            return nil
        }

        private static func text(_ value: MaxMindDatabase.Value) -> String? {
            if case .text(let text) = value, !text.isEmpty { text } else { nil }
        }

        private static func number(_ value: MaxMindDatabase.Value, _ largest: Double) -> JSON? {
            switch value {
            case .whole(let whole): Double(whole) <= largest ? .number(whole) : nil
            case .number(let number): abs(number) <= largest ? .number(number) : nil
            case .text: nil
            }
        }

        /// The number of an autonomous system has 32 bits (RFC 6793); what does not fit is none. A file may say anything.
        private static func systemNumber(_ value: MaxMindDatabase.Value) -> UInt32? {
            switch value {
            case .whole(let whole): UInt32(exactly: whole)
            case .number(let number): UInt32(exactly: number)
            case .text: nil
            }
        }
    }

    /// How it stands with the files, each under its path.
    var metrics: [MetricSample] {
        let files = databases.map { ($0.path, $0.standing) }
        typealias Row = (name: String, kind: MetricSample.Kind, value: @Sendable (MaxMindDatabase.Standing) -> Double?, help: String)
        let rows: [Row] = [
            ("gossamer_geoip_readings_total", .counter, { Double($0.readings) }, "Times that a GeoIP database was read."),
            ("gossamer_geoip_refusals_total", .counter, { Double($0.refusals) },
             "Times that a GeoIP database could not be used, each state of the file counted once."),
            ("gossamer_geoip_current", .gauge, { $0.builtAtSeconds != nil && $0.problem == nil ? 1 : 0 },
             "Whether the GeoIP database in use is the file as it is now: 1 yes, 0 no."),
            ("gossamer_geoip_built_timestamp_seconds", .gauge, { $0.builtAtSeconds.map(Double.init) },
             "When the GeoIP database in use was built, in seconds since 1970."),
        ]
        return rows.flatMap { row in
            files.compactMap { path, standing in
                row.value(standing).map {
                    MetricSample(row.name, row.kind, $0, labels: [.init("file", path)], help: row.help)
                }
            }
        }
    }
}
