import JSONDocument
import Logging
import World

/// Finds out where an address is and whose: from files if there are any, else from a service.
public struct GeoIPWorker: LookupWorker {
    /// For how long a result is kept: nothing says when the next edition of a database comes.
    public static let longestKeep = Duration.seconds(3_600)
    /// For how long it is kept that an address lies in a special range, which changes with RFCs.
    public static let rangeKeep = Duration.seconds(86_400)

    private let resolver: LookupResolver
    private let files: GeoIPFiles?
    private let web: GeoIPWeb
    public let timeout: Duration

    public var service: LookupService { .geoIP }

    /// - Parameters:
    ///   - resolver: also gives the door through which the service is asked.
    ///   - files: paths of databases in the MaxMind format; with none, the service is asked.
    ///   - base: of the service, without a slash at its end.
    ///   - log: is told when a file was read again, and when it cannot be used.
    public init(
        _ resolver: LookupResolver, files: [String], base: String, timeout: Duration = .seconds(10), log: Logger = Logger(label: "lookup")
    ) {
        self.resolver = resolver
        self.files = files.isEmpty ? nil : GeoIPFiles(paths: files, log: log)
        self.timeout = timeout
        web = GeoIPWeb(base: base, patience: timeout, outside: resolver.client.outside)
    }

    public func obstacles(_ world: any World) -> [String] {
        (files?.look(isTold: false) ?? []).compactMap { path, standing in
            guard let problem = standing.problem else { return nil }
            guard world.files.exists(path) else {
                return "the GeoIP database \(path) is not there: put it there, which needs no restart, or take it from geoip.files"
            }
            return "\(problem): replace it, which needs no restart, or take it from geoip.files"
        }
    }

    /// How it stands with the files.
    public var metrics: [MetricSample] { files?.metrics ?? [] }

    /// Addresses of special ranges are nowhere: they fail with the words of the contract, and nobody is asked.
    public func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        let (addresses, holds) = try await addresses(of: target, world), address = addresses[0]
        try resolver.client.outside.addresses.admit(target: addresses)
        if let special = AddressRefusal(address) {
            throw LookupFailure(special.sentence, source: .target, keep: Self.keep(Self.rangeKeep, holds))
        }
        do {
            let document = if let files { try await world.compute { try files.find(address) } } else { try await web.find(address) }
            let members = document.members + [.init("resolvedAddress", .string(address.description))]
            // With a file that is out of order another answer may come any time.
            let keep = document.problems.isEmpty ? Self.keep(Self.longestKeep, holds) : nil
            return LookupAnswer(.object(members), keep: keep, address: address)
        } catch let failure as LookupFailure {
            throw LookupFailure(failure.message, source: failure.source, keep: failure.keep.flatMap { Self.keep($0, holds) })
        }
    }

    /// The addresses, at least one, and for how long they are the target's: for ever when one is the target itself.
    private func addresses(of target: LookupTarget, _ world: any World) async throws -> ([IPAddress], holds: Holding) {
        if let address = target.address { return ([address], .always) }
        // The contract has one sentence for all that may be the matter.
        let sentence = "Failed to resolve domain to IP"
        let resolution: LookupResolver.Resolution
        do {
            resolution = try await resolver.resolve(target.text, world)
        } catch let failure as LookupFailure {
            throw LookupFailure(sentence, source: failure.source)
        }
        let holds = Holding.during(resolution.timeToLive)
        if resolution.addresses.isEmpty {
            throw LookupFailure(sentence, source: .target, keep: Self.keep(ReverseDNSWorker.longestNegativeKeep, holds))
        }
        return (resolution.addresses, holds)
    }

    private enum Holding {
        case always
        /// `nil` when nothing says for how long.
        case during(Duration?)
    }

    private static func keep(_ longest: Duration, _ holds: Holding) -> Duration? {
        switch holds {
        case .always: longest
        case .during(let time): time.flatMap { $0 > .zero ? min($0, longest) : nil }
        }
    }
}
