import JSONDocument
import World

/// The bootstrap registries, fetched when they are first needed and kept for as long as they say.
///
/// One that has expired serves on while it is fetched anew, for as long again as it may be kept at most; and while nothing better can be
/// had, however long that is. Servers change rarely, and a registry that is silent must not silence the servers.
actor RDAPBootstrap {
    /// For how long a registry is kept, whatever it says, and where it says nothing.
    static let lifetimes = Duration.seconds(10 * 60)...Duration.seconds(7 * 24 * 3_600), lifetime = Duration.seconds(24 * 3_600)
    /// After a refresh that failed the old registry serves on, and is not asked for again before this.
    static let retryInterval = Duration.seconds(60)

    private struct Kept {
        let registry: RDAPRegistry
        var expires: Instant
        /// From here on whoever asks waits for a newer one first.
        let isTooOld: Instant
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
        let now = world.now
        if let kept = kept[kind] {
            if now < kept.expires { return kept.registry }
            if now < kept.isTooOld {
                beginFetch(kind)
                return kept.registry
            }
        }
        numbers += 1
        let number = numbers
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                beginFetch(kind)
                fetching[kind, default: []].append(Waiter(number: number, continuation: continuation))
            }
        } onCancel: {
            world.spawn("lookup.rdap-leave", on: executor) { await self.leave(number, kind) }
        }
    }

    private func beginFetch(_ kind: RDAPRegistry.Kind) {
        guard fetching[kind] == nil else { return }
        fetching[kind] = []
        world.spawn("lookup.rdap-bootstrap", on: executor) { await self.refresh(kind) }
    }

    /// The fetch stays in the table, with nobody waiting perhaps: it is under way.
    private func leave(_ number: UInt64, _ kind: RDAPRegistry.Kind) {
        guard let index = fetching[kind]?.firstIndex(where: { $0.number == number }) else { return }
        fetching[kind]?.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    private func refresh(_ kind: RDAPRegistry.Kind) async {
        let result: Result<RDAPRegistry, any Error>
        do {
            let (registry, rest) = try await fetch(kind)
            let expires = world.now + rest
            kept[kind] = Kept(registry: registry, expires: expires, isTooOld: expires + Self.lifetimes.upperBound)
            result = .success(registry)
        } catch {
            kept[kind]?.expires = world.now + Self.retryInterval
            result = kept[kind].map { .success($0.registry) } ?? .failure(error)
        }
        for waiting in fetching.removeValue(forKey: kind) ?? [] { waiting.continuation.resume(with: result) }
    }

    private func fetch(_ kind: RDAPRegistry.Kind) async throws -> (registry: RDAPRegistry, lifetime: Duration) {
        let url = "\(base)/\(kind.rawValue).json"
        do {
            let answer = try await LookupHTTP.get(url, accept: "application/json", patience: patience, limit: limit, through: outside)
            guard answer.status == 200 else {
                throw LookupFailure("the RDAP bootstrap \(url) returned \(LookupHTTP.name(ofStatus: answer.status))")
            }
            guard let json = try? JSON(parsing: answer.body), let registry = RDAPRegistry(kind, json) else {
                throw LookupFailure("the RDAP bootstrap \(url) is no registry as of RFC 9224")
            }
            return (registry, answer.freshness.keep(within: Self.lifetimes, otherwise: Self.lifetime) ?? Self.lifetimes.lowerBound)
        } catch let error as LookupHTTP.NoAnswer {
            throw LookupFailure("the RDAP bootstrap \(url) has no answer: \(error)")
        } catch let refusal as OutsideRefusal {
            throw LookupFailure("the RDAP bootstrap \(url) is not asked: \(refusal)")
        }
    }
}
