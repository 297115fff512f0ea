import Lookup
import World

/// The files of the lab's GeoIP service, in the MaxMind format: of cities, of autonomous systems and of countries.
package enum GeoIPDatabases {
    package enum Kind: String, CaseIterable, Sendable {
        case city, asn, country

        /// The kind of file that a path names, as `geoip/city.mmdb`.
        package init?(path: String) {
            let name = path.split(separator: "/").last ?? ""
            guard name.hasSuffix(".mmdb"), let kind = Kind(rawValue: name.dropLast(".mmdb".count).lowercased()) else { return nil }
            self = kind
        }

        /// As the file calls itself.
        var type: String {
            switch self {
            case .city: "Gossamer-Lab-City"
            case .asn: "Gossamer-Lab-ASN"
            case .country: "Gossamer-Lab-Country"
            }
        }
    }

    /// The file's bytes.
    /// - Parameters:
    ///   - builtAt: for its date.
    ///   - knowsNothing: of any address, though it is a good file.
    package static func bytes(_ kind: Kind, builtAt: WallTime, knowsNothing: Bool = false) -> [UInt8] {
        let seconds = UInt64(clamping: builtAt.millisecondsSince1970 / 1_000)
        var writer = MaxMindWriter(type: kind.type, about: "addresses of the Gossamer lab", builtAtSeconds: seconds)
        for entry in LabFixtures.addresses where !knowsNothing {
            guard let place = entry.place else { continue }
            let bytes = entry.address.bytes
            writer.add(record(kind, place), bytes, length: bytes.count * 8)
        }
        return writer.bytes
    }

    private static func record(_ kind: Kind, _ place: LabAddress.Place) -> MaxMindWriter.Value {
        let names = MaxMindWriter.Value.map([("en", .text(place.country.name))])
        let country = MaxMindWriter.Value.map([("iso_code", .text(place.country.code)), ("names", names)])
        return switch kind {
        case .country: .map([("country", country), ("registered_country", country)])
        case .asn:
            .map([("autonomous_system_number", .number(place.system)), ("autonomous_system_organization", .text(place.holder))])
        case .city:
            .map([
                ("city", .map([("names", .map([("en", .text(place.city))]))])), ("country", country),
                ("location", .map([
                    ("latitude", .double(place.latitude)), ("longitude", .double(place.longitude)), ("time_zone", .text(place.timeZone)),
                ])),
                ("postal", .map([("code", .text(place.postalCode))])),
                ("subdivisions", .array([
                    .map([("iso_code", .text(place.region.code)), ("names", .map([("en", .text(place.region.name))]))]),
                ])),
            ])
        }
    }
}
