import JSONDocument
import World

/// Where an address is, by a service that speaks as ip-api.com does.
struct GeoIPWeb: Sendable {
    private static let keys = [
        "status", "message", "country", "countryCode", "region", "regionName", "city", "zip", "lat", "lon", "timezone", "isp", "org",
        "as",
    ]
    private static let bodyLimit = 64 << 10

    /// Begins the address of the question: `http://ip-api.com`.
    let base: String
    let patience: Duration
    let outside: OutsideHosts

    /// The document, without the target's own keys.
    /// - Throws: ``LookupFailure``, `CancellationError`.
    func find(_ address: IPAddress) async throws -> [JSON.Member] {
        let url = "\(base)/json/\(address.addressText)?fields=" + Self.keys.joined(separator: ",")
        let answer: LookupHTTP.Answer
        do {
            answer = try await LookupHTTP.get(url, accept: "application/json", patience: patience, limit: Self.bodyLimit, through: outside)
        } catch let error as LookupHTTP.NoAnswer {
            throw LookupFailure("the GeoIP service \(base) has no answer: \(error)")
        } catch let refusal as OutsideRefusal {
            throw LookupFailure("the GeoIP service \(base) is not asked: \(refusal)")
        }
        if answer.status == 429 {
            let wait = answer.header("X-Ttl") ?? answer.header("Retry-After")
            throw LookupFailure("the GeoIP service \(base) was asked too often" + (wait.map { "; ask again in \($0.prefix(40)) s" } ?? ""))
        }
        guard answer.status == 200 else {
            throw LookupFailure("the GeoIP service \(base) returned \(LookupHTTP.name(ofStatus: answer.status)) for '\(address)'")
        }
        guard let json = try? JSON(parsing: answer.body), case .object = json else {
            throw LookupFailure("the GeoIP service \(base) answered with what is no JSON object")
        }
        guard json["status"]?.string == "success" else {
            let said = json["message"]?.string.map { String($0.prefix(200)) }
            throw LookupFailure(said ?? "the GeoIP service \(base) knows nothing of \(address)")
        }
        return Self.keys.map { JSON.Member($0, json[$0] ?? .null) } + [.init("source", .string(url))]
    }
}
