import HTTPTypes
import JSONDocument
import Jobs
import Lookup
import Web
import World

/// The two ways in which clients read a lookup job.
enum LookupProfile {
    /// Numbers for services, data with keys that begin small: as the original's description shows it. The default.
    case readme
    /// Names for services, data with keys that begin large: as the original answers.
    case code

    /// As the `Accept` header asks: `application/json;profile=code`.
    init(_ request: WebRequest) {
        let accepted = (request.headers[.accept] ?? "").lowercased().filter { $0 != " " && $0 != "\"" }
        let parameters = accepted.split(whereSeparator: { $0 == ";" || $0 == "," })
        self = parameters.contains("profile=code") ? .code : .readme
    }
}

extension LookupStatus: ReadableDocument {
    /// The document in the default profile, for the events of a job.
    public var document: JSON { document(.readme, services: LookupService.all) }

    /// The document that clients read, its members in the order of the contract.
    func document(_ profile: LookupProfile, services: [LookupService]) -> JSON {
        [
            "jobId": .string("\(jobId)"),
            "target": .string(request.target.text),
            "targetType": .string(request.target.kind.rawValue),
            "status": .string(status.rawValue),
            "createdAt": .string(WallTime(millisecondsSince1970: createdAtMs).iso8601),
            "completedAt": .text(completedAtMs.map { WallTime(millisecondsSince1970: $0).iso8601 }),
            "completionPercentage": .number(completionPercentage),
            "requestedServices": .array(request.services.map { number in
                profile == .readme ? .number(number) : .string(services.name(of: number))
            }),
            "results": .array(results.map { Self.json($0, profile, services.name(of: $0.service)) }),
            "warnings": warnings.isEmpty ? .null : .array(warnings.map { .string($0) }),
        ]
    }

    private static func json(_ outcome: LookupOutcome, _ profile: LookupProfile, _ name: String) -> JSON {
        var result = outcome.data.flatMap { try? JSON(parsing: $0.utf8) }
        if profile == .code, outcome.service != LookupService.rdap.value { result = result?.capitalisingKeys }
        return [
            "serviceType": .string(profile == .readme ? String(outcome.service) : name),
            "success": .bool(outcome.isSuccess),
            "data": .text(result?.text()),
            "errorMessage": .text(outcome.errorMessage),
            "completedAt": .string(WallTime(millisecondsSince1970: outcome.completedAtMs).iso8601),
            "durationMs": .number(outcome.durationMs),
            "serviceName": .string(name),
            "result": result ?? .null,
        ]
    }
}

extension [LookupService] {
    /// What a service is called; its number when it has no name here.
    fileprivate func name(of number: Int) -> String { first { $0.value == number }?.name ?? String(number) }
}

extension JSON {
    /// The value with every key as the original writes it, at all depths: with its first letter in upper case, an abbreviation whole.
    fileprivate var capitalisingKeys: JSON {
        switch self {
        case .object(let members):
            .object(members.map { member in
                let key = member.key == "ttl" ? "TTL" : member.key.prefix(1).uppercased() + member.key.dropFirst()
                return .init(key, member.value.capitalisingKeys)
            })
        case .array(let elements): .array(elements.map(\.capitalisingKeys))
        case .null, .bool, .number, .string: self
        }
    }
}
