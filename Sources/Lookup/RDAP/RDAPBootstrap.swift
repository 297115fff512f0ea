import JSONDocument
import World

/// The bootstrap registries, fetched when they are first needed and kept for a day.
actor RDAPBootstrap {
    static let lifetime = Duration.seconds(24 * 60 * 60)
    /// After a refresh that failed the old registry serves on, and is not asked for again before this.
    static let retryInterval = Duration.seconds(60)

    private struct Kept {
        let registry: RDAPRegistry
        var expires: Instant
    }

    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<RDAPRegistry, any Error>
    }

    private let outside: OutsideHosts
    private let executor: any ActorExecutor
    private let base: String
    private let patience: Duration
    private let limit: Int
    private var kept: [RDAPRegistry.Kind: Kept] = [:]
    /// Who waits for the fetches that are under way.
    private var fetching: [RDAPRegistry.Kind: [Waiter]] = [:]
    private var numbers: UInt64 = 0

    private nonisolated var world: any World { outside.world }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter base: where `dns.json`, `ipv4.json` and `ipv6.json` are, without a slash at its end.
    init(_ outside: OutsideHosts, base: String, patience: Duration, limit: Int) {
        self.outside = outside
        self.base = base
        self.patience = patience
        self.limit = limit
        executor = outside.world.makeExecutor("lookup.rdap-bootstrap")
    }

    /// Those who ask at the same time share one fetch, which goes on when one of them no longer waits: the next will want it.
    /// - Throws: ``LookupFailure``, `CancellationError`.
    func registry(_ kind: RDAPRegistry.Kind) async throws -> RDAPRegistry {
        if let kept = kept[kind], world.now < kept.expires { return kept.registry }
        numbers += 1
        let number = numbers
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                let isFirst = fetching[kind] == nil
                fetching[kind, default: []].append(Waiter(number: number, continuation: continuation))
                if isFirst { world.spawn("lookup.rdap-bootstrap", on: executor) { await self.refresh(kind) } }
            }
        } onCancel: {
            world.spawn("lookup.rdap-leave", on: executor) { await self.leave(number, kind) }
        }
    }

    /// The fetch stays in the table, with nobody waiting perhaps: it is under way.
    private func leave(_ number: UInt64, _ kind: RDAPRegistry.Kind) {
        guard let index = fetching[kind]?.firstIndex(where: { $0.number == number }) else { return }
        fetching[kind]?.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    private func refresh(_ kind: RDAPRegistry.Kind) async {
        var result: Result<RDAPRegistry, any Error>
        do {
            result = .success(try await fetch(kind))
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let registry): kept[kind] = Kept(registry: registry, expires: world.now + Self.lifetime)
        case .failure:
            guard let old = kept[kind] else { break }
            kept[kind]?.expires = world.now + Self.retryInterval
            result = .success(old.registry)
        }
        for waiting in fetching.removeValue(forKey: kind) ?? [] { waiting.continuation.resume(with: result) }
    }

    private func fetch(_ kind: RDAPRegistry.Kind) async throws -> RDAPRegistry {
        let url = "\(base)/\(kind.rawValue).json"
        do {
            let answer = try await LookupHTTP.get(url, accept: "application/json", patience: patience, limit: limit, through: outside)
            guard answer.status == 200 else {
                throw LookupFailure("the RDAP bootstrap \(url) returned \(LookupHTTP.name(ofStatus: answer.status))")
            }
            guard let json = try? JSON(parsing: answer.body), let registry = RDAPRegistry(kind, json) else {
                throw LookupFailure("the RDAP bootstrap \(url) is no registry as of RFC 9224")
            }
            return registry
        } catch let error as LookupHTTP.NoAnswer {
            throw LookupFailure("the RDAP bootstrap \(url) has no answer: \(error)")
        } catch let refusal as OutsideRefusal {
            throw LookupFailure("the RDAP bootstrap \(url) is not asked: \(refusal)")
        }
    }
}
