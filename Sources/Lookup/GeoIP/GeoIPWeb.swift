import JSONDocument
import World

/// Where an address is, by a service that speaks as ip-api.com does.
struct GeoIPWeb: Sendable {
    private static let bodyLimit = 64 << 10

    /// Begins the address of the question: `http://ip-api.com`.
    let base: String
    let patience: Duration
    let outside: OutsideHosts

    /// - Throws: ``LookupFailure``, `CancellationError`.
    func find(_ address: IPAddress) async throws -> GeoIPDocument {
        let fields = ["status", "message"] + GeoIPDocument.texts + GeoIPDocument.numbers
        let url = "\(base)/json/\(address.addressText)?fields=" + fields.joined(separator: ",")
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
            let sentence = said ?? "the GeoIP service \(base) knows nothing of \(address)"
            throw LookupFailure(sentence, source: .target, keep: GeoIPWorker.longestKeep)
        }
        return GeoIPDocument(values: Self.values(json), source: ["url": .string(url), "files": [], "problems": []])
    }

    /// What has the type that clients expect.
    private static func values(_ json: JSON) -> [String: JSON] {
        var values: [String: JSON] = [:]
        for key in GeoIPDocument.texts {
            if let text = json[key]?.string, !text.isEmpty { values[key] = .string(text) }
        }
        for key in GeoIPDocument.numbers {
            if case .number(let literal)? = json[key] { values[key] = .number(literal) }
        }
        return values
    }
}
