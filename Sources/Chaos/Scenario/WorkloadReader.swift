import Jobs
import Lookup
import Primes
import Topology
import World

/// Reads the section `workload`.
struct WorkloadReader {
    let root: Section
    /// Of the whole run.
    let limit: Duration

    static let kinds = ["primes", "lookups", "orders", "items"]
    static let primesKeys = ["from", "to", "algorithm", "chunks", "jobs", "expect"]
    static let lookupKeys = ["targets", "services", "rate", "for"]
    /// The harness counts for itself what takes no longer than this on one processor, all loads together.
    static let ownCountLimit = Duration.seconds(10)
    static let loadsAllowed = 20

    func read() -> [Workload] {
        guard let items = root.items("workload") else { return [] }
        if items.isEmpty || items.count > Self.loadsAllowed, let place = root.keys.first(where: { $0.value == "workload" })?.place {
            root.diagnostics.report(
                .badValue, at: place, "\"workload\" lists \(items.count) loads; it must list 1 to \(Self.loadsAllowed)")
        }
        var ownCounts = Duration.zero, records = 0
        return items.compactMap { item in
            guard let section = Section(item.value, path: item.place.keyPath, known: Self.kinds, diagnostics: root.diagnostics)
            else { return nil }
            guard section.keys.count == 1 else {
                if section.keys.count > 1 || root.diagnostics.problems.isEmpty {
                    root.diagnostics.report(
                        .missingKey, at: section.place, "\(item.place.keyPath) must have one key of \(Self.kinds.joined(separator: ", "))")
                }
                return nil
            }
            let load: Workload? = switch section.keys[0].value {
            case "primes": primes(section, &ownCounts).map(Workload.primes)
            case "lookups": lookups(section).map(Workload.lookups)
            case "orders": orders(section).map(Workload.orders)
            default: self.items(section).map(Workload.items)
            }
            if let load { checkRecords(of: load, section.keys[0], &records) }
            return load
        }
    }

    /// A run with more to tell than its recorder takes would be cut short, and prove nothing.
    /// - Parameter records: of the loads above; this one's are added.
    private func checkRecords(of load: Workload, _ key: Located<String>, _ records: inout Int) {
        records += load.leastRecords
        guard records > Recorder.limit else { return }
        root.diagnostics.report(
            .badValue, at: key.place,
            "with \(key.place.keyPath) a history has at least \(records) records, and a run ends at \(Recorder.limit); "
                + "lower \"rate\" or \"for\"")
    }

    /// - Parameter ownCounts: how long the harness counts for the loads above; this one's is added.
    private func primes(_ section: Section, _ ownCounts: inout Duration) -> PrimesLoad? {
        guard let load = section.section("primes", known: Self.primesKeys) else { return nil }
        func field(_ key: String) -> PrimesField { load.text(key).map { .number($0.value) } ?? .missing }
        let draft = PrimesDraft(
            from: field("from"), to: field("to"), algorithm: load.text("algorithm").map { .string($0.value) } ?? .missing,
            chunks: load.has("chunks") ? field("chunks") : .missing)
        let jobs = load.has("jobs") ? load.integer("jobs", in: 1...100)?.value : 1
        let expected = load.plain("expect", "must be the number of primes in the range").map { text in
            UInt64(text.value) ?? { load.refuse(text, "must be the number of primes in the range"); return 0 }()
        }
        let request: PrimesRequest
        do {
            request = try PrimesRequest(
                draft, limits: JobLimits(deadline: ScenarioReader.longest, runningJobs: 1), workers: 1)
        } catch {
            for problem in error.problems {
                let place = load.keys.first { $0.value == problem.field }?.place ?? load.place
                load.diagnostics.report(.badValue, at: place, "\"\(load.path(problem.field))\": \(problem.message)")
            }
            return nil
        }
        if expected == nil {
            let own = PrimesEstimate(PrimesRequest(from: request.from, to: request.to, algorithm: .sieve), workers: 1).duration
            // An estimate may be centuries; a sum of some would be more than nanoseconds can be counted.
            ownCounts = min(ownCounts + own, .seconds(1 << 32))
            if ownCounts > Self.ownCountLimit {
                load.diagnostics.report(
                    .missingKey, at: load.place,
                    "with [\(request.from), \(request.to)] the harness would need about \(ownCounts.milliseconds / 1_000) s to count for "
                        + "itself; say the right answer under \"expect\"")
            }
        }
        guard let jobs else { return nil }
        return PrimesLoad(
            from: request.from, to: request.to, algorithm: request.algorithm.rawValue, chunks: request.chunks, jobs: jobs,
            expected: expected)
    }

    private func lookups(_ section: Section) -> LookupLoad? {
        guard let load = section.section("lookups", known: Self.lookupKeys) else { return nil }
        demand(["targets", "rate", "for"], of: load)
        let written = load.texts("targets"), targets = written?.filter { isTarget($0, load) }.map(\.value)
        let rate = load.integer("rate", in: 1...100)?.value, services = services(load)
        if written?.isEmpty == true {
            load.diagnostics.report(
                .badValue, at: load.place, "\"\(load.path("targets"))\" is empty; name at least one, such as 127.0.0.1")
        }
        guard let duration = duration(of: load), let targets, let rate else { return nil }
        return LookupLoad(targets: targets, services: services, rate: rate, duration: duration)
    }

    func demand(_ keys: [String], of load: Section) {
        for key in keys where !load.has(key) {
            load.diagnostics.report(.missingKey, at: load.place, "\(load.place.keyPath) lacks the key \"\(key)\"")
        }
    }

    /// How long a load goes on.
    func duration(of load: Section) -> Duration? {
        let duration = load.limitedDuration("for")
        if let duration, duration >= limit, let text = load.text("for") {
            load.refuse(
                text, "must be less than the limit of the run, \(DurationNotation.format(limit)); give \"limit\" more, or this less")
        }
        return duration
    }

    /// As the edge will read it: what it refuses is no work.
    private func isTarget(_ text: Located<String>, _ load: Section) -> Bool {
        do throws(LookupTargetRefusal) {
            _ = try LookupTarget(text.value)
            return true
        } catch {
            load.refuse(text, "must be an address or a domain name: \(error)")
            return false
        }
    }

    private func services(_ load: Section) -> [String] {
        guard let texts = load.texts("services") else { return [] }
        if texts.isEmpty {
            load.diagnostics.report(.badValue, at: load.place, "\"\(load.path("services"))\" is empty; leave it out for all services")
        }
        var known: [LookupService] = []
        for text in texts {
            guard let service = LookupService(name: text.value) else {
                load.refuse(text, "must be a service", known: LookupService.all.map(\.name))
                continue
            }
            if known.contains(service) { load.refuse(text, "is there twice; remove one") }
            known.append(service)
        }
        return known.map(\.name)
    }
}

extension PrimesLoad {
    /// The right answer, by libprimesieve in this process. Takes as long as that does, and looks around some times a second.
    /// - Returns: nil when it was told to stop.
    func count(while goesOn: () -> Bool) throws -> UInt64? {
        if let expected { return expected }
        var counter = PrimeCounter(PrimesPart(number: 0, from: from, to: to, algorithm: .sieve))
        while !counter.isDone {
            guard goesOn() else { return nil }
            try counter.countSlice()
        }
        return counter.count
    }
}
