import HTTPTypes
import JSONDocument
import Web

/// The two ways in which clients read a lookup job.
public enum LookupProfile: String, CaseIterable, Sendable {
    /// Numbers for services, data with keys that begin small: as the original's description shows it.
    case readme
    /// Names for services, data with keys that begin large: as the original answers.
    case code

    /// As the `Accept` header of a request asks: `application/json;profile=code`.
    /// - Parameter standard: what is meant when it asks for none.
    init(_ request: WebRequest, standard: LookupProfile) {
        self = Self.asked(by: request.headers[.accept] ?? "") ?? standard
    }

    /// The profile of the media range that weighs most (RFC 9110, 12.5.1) of those that JSON is in; of equal ones that names a profile.
    /// Nil when it names none, or one that is unknown.
    static func asked(by accept: String) -> LookupProfile? {
        var best: (weight: Double, profile: LookupProfile?) = (0, nil)
        for range in accept.asciiLowercased.filter({ $0 != " " && $0 != "\t" && $0 != "\"" }).split(separator: ",") {
            let parts = range.split(separator: ";")
            guard let type = parts.first, ["application/json", "application/*", "*/*"].contains(type) else { continue }
            func value(_ name: String) -> String? {
                parts.dropFirst().first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
            }
            let weight = value("q=").flatMap { Double($0) } ?? 1, profile = value("profile=").flatMap(LookupProfile.init(rawValue:))
            if weight > best.weight || (weight == best.weight && best.profile == nil) { best = (weight, profile) }
        }
        return best.weight > 0 ? best.profile : nil
    }
}
