import JSONDocument
import Jobs
import Lookup
import World

/// A lookup job as clients read it, its results' data decoded.
struct LookupReading {
    let status: LookupStatus
    let services: [LookupService]
    /// The data of each result; nil when it has none, or none that can be read.
    let data: [JSON?]
    /// The services whose result has data that is no JSON.
    private let unreadable: [String]

    /// - Parameter services: what can be asked for, by the names that clients read.
    init(_ status: LookupStatus, services: [LookupService]) {
        self.status = status
        self.services = services
        data = status.results.map { outcome in outcome.data.flatMap { try? JSON(parsing: $0.utf8) } }
        let isCompared = status.request.vantage != nil
        unreadable = zip(status.results, data).filter { $0.data != nil && $1 == nil }.map { outcome, _ in
            services.name(of: outcome.service) + (isCompared ? " from \(outcome.node)" : "")
        }
    }

    /// Those of the job, then one for each result that cannot be read.
    var warnings: [String] {
        status.warnings + unreadable.map { "the result of \($0) could not be read: its data is not JSON" }
    }

    /// What the header `X-Response-Warnings` says: all warnings, when a result could not be read. What no header may hold is a
    /// question mark.
    var headerWarnings: String? {
        guard !unreadable.isEmpty else { return nil }
        return String(warnings.joined(separator: "; ").inHeader().prefix(Self.longestHeader))
    }

    private static let longestHeader = 1_024

    /// The document that clients read, its members in the order of the contract, and behind them what nodes are compared by.
    func document(_ profile: LookupProfile) -> JSON { .object(contract(profile) + vantage(profile)) }

    private func contract(_ profile: LookupProfile) -> [JSON.Member] {
        let document: JSON = [
            "jobId": .string("\(status.jobId)"),
            "target": .string(status.request.target.text),
            "targetType": .string(status.request.target.kind.rawValue),
            "status": .string(status.status.rawValue),
            "createdAt": .string(WallTime(millisecondsSince1970: status.createdAtMs).iso8601),
            "completedAt": .text(status.completedAtMs.map { WallTime(millisecondsSince1970: $0).iso8601 }),
            "completionPercentage": .number(status.completionPercentage),
            "requestedServices": .array(status.request.services.map { number in
                profile == .readme ? .number(number) : .string(services.name(of: number))
            }),
            "results": .array(zip(status.results, data).map { json($0, $1, profile) }),
            "warnings": warnings.isEmpty ? .null : .array(warnings.map { .string($0) }),
        ]
        return document.members ?? []
    }

    private func json(_ outcome: LookupOutcome, _ data: JSON?, _ profile: LookupProfile) -> JSON {
        let name = services.name(of: outcome.service)
        let isVerbatim = profile == .readme || outcome.service == LookupService.rdap.value
        let result = isVerbatim ? data : data?.capitalisingKeys
        return [
            "serviceType": .string(profile == .readme ? String(outcome.service) : name),
            "success": .bool(outcome.isSuccess),
            "data": .text(result?.text()),
            "errorMessage": .text(outcome.errorMessage),
            "completedAt": .string(WallTime(millisecondsSince1970: outcome.completedAtMs).iso8601),
            "durationMs": .number(outcome.durationMs),
            "serviceName": .string(name),
            "result": result ?? .null,
            "node": outcome.node.isEmpty ? .null : .string(outcome.node),
            "resolvedAddress": .text(outcome.resolvedAddress),
            "failureSource": .text(outcome.failureSource?.rawValue),
            "cache": outcome.cache?.shown ?? .null,
        ]
    }

    /// What the header `Cache-Status` says: a member for each result, in their order, as many as a header should have. Nil while there is none.
    var cacheStatus: String? {
        var text = ""
        for outcome in status.results {
            let member = CacheStatus(outcome.cache, of: services.name(of: outcome.service), target: status.request.target.text).text
            guard text.utf8.count + member.utf8.count <= Self.longestCacheStatus else { break }
            text += (text.isEmpty ? "" : ", ") + member
        }
        return text.isEmpty ? nil : text
    }

    /// Ten results of a target of the greatest length fit.
    private static let longestCacheStatus = 4_096
}

extension CacheUse {
    fileprivate var shown: JSON {
        [
            "hit": .bool(way == .hit), "ageSeconds": .number(ageSeconds), "ttlSeconds": ttlSeconds.map { .number($0) } ?? .null,
        ]
    }
}

extension [LookupService] {
    /// What a service is called; its number when it has no name here.
    func name(of number: Int) -> String { first { $0.value == number }?.name ?? String(number) }
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
