import JSONDocument
import World

/// Where an address is, by files of the MaxMind format: of cities, countries, autonomous systems or providers, any of them together.
struct GeoIPFiles: Sendable {
    private let databases: [MaxMindDatabase]

    init(paths: [String]) { databases = paths.map(MaxMindDatabase.init) }

    private enum Field {
        static let country = ["country/names/en", "registered_country/names/en"]
        static let countryCode = ["country/iso_code", "registered_country/iso_code"]
        static let region = ["subdivisions/0/iso_code"]
        static let regionName = ["subdivisions/0/names/en"]
        static let city = ["city/names/en"]
        static let zip = ["postal/code"]
        static let latitude = ["location/latitude"]
        static let longitude = ["location/longitude"]
        static let timeZone = ["location/time_zone"]
        static let number = ["autonomous_system_number", "traits/autonomous_system_number"]
        static let holder = ["autonomous_system_organization", "traits/autonomous_system_organization"]
        static let isp = ["isp", "traits/isp"] + holder
        static let organization = ["organization", "traits/organization"] + holder

        static let all = [
            country, countryCode, region, regionName, city, zip, latitude, longitude, timeZone, isp, organization, number, holder,
        ].flatMap { $0 }
    }

    /// The document, without the target's own keys. A file that cannot be used is told of in `message`, if another knows the address.
    /// - Throws: ``LookupFailure`` when no file knows it.
    func find(_ address: IPAddress) throws(LookupFailure) -> [JSON.Member] {
        var values: [String: MaxMindDatabase.Value] = [:]
        var sources: [String] = [], failures: [LookupFailure] = []
        for database in databases {
            do throws(LookupFailure) {
                let answer = try database.find(address, Field.all)
                guard let record = answer.record, !record.values.isEmpty else { continue }
                values.merge(record.values) { first, _ in first }
                sources.append("\(Self.fileName(database.path)) (\(answer.type), built \(answer.builtAt.iso8601.prefix(10)))")
            } catch {
                failures.append(error)
            }
        }
        guard !sources.isEmpty else {
            if let failure = failures.first { throw failure }
            let names = databases.map { Self.fileName($0.path) }.joined(separator: ", ")
            throw LookupFailure("\(address) is not in \(names)")
        }
        let message = failures.isEmpty ? nil : failures.map(\.message).joined(separator: "; ")
        return Self.members(values, message: message, source: sources.joined(separator: ", "))
    }

    private static func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private static func members(_ values: [String: MaxMindDatabase.Value], message: String?, source: String) -> [JSON.Member] {
        func text(_ paths: [String]) -> String? {
            for case .text(let text)? in paths.map({ values[$0] }) { return text }
            return nil
        }
        func number(_ paths: [String]) -> JSON {
            for path in paths {
                switch values[path] {
                case .whole(let whole)?: return .number(whole)
                case .number(let number)?: return .number(number)
                case .text?, nil: continue
                }
            }
            return .null
        }
        let system = Field.number.lazy.compactMap { values[$0].flatMap(systemNumber) }.first.map { "AS\($0)" }
        let holder = [system, text(Field.holder)].compactMap { $0 }.joined(separator: " ")
        return [
            .init("status", "success"), .init("message", .text(message)), .init("country", .text(text(Field.country))),
            .init("countryCode", .text(text(Field.countryCode))), .init("region", .text(text(Field.region))),
            .init("regionName", .text(text(Field.regionName))), .init("city", .text(text(Field.city))),
            .init("zip", .text(text(Field.zip))), .init("lat", number(Field.latitude)), .init("lon", number(Field.longitude)),
            .init("timezone", .text(text(Field.timeZone))),
            .init("isp", .text(text(Field.isp))), .init("org", .text(text(Field.organization))),
            .init("as", .text(holder.isEmpty ? nil : holder)), .init("source", .string(source)),
        ]
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
