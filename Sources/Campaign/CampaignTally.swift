import World

/// What came of many runs, added up. The order in which they are added does not matter, but for which bad ones are kept.
public struct CampaignTally: Sendable {
    /// Bad runs beyond this many are counted and not kept.
    public static let keeps = 50
    /// The share of registers that may be too hard to judge; one may be in any case. What was not judged proves nothing.
    public static let undecidedShare = 0.01

    public private(set) var runs = 0
    public private(set) var events = 0
    public private(set) var operations = 0
    public private(set) var acknowledged = 0
    public private(set) var failed = 0
    public private(set) var unknown = 0
    /// What users asked of edges.
    public private(set) var wishes = WishFigures()
    /// Registers for whose operations an order was looked for, and those of them for which that was too hard.
    public private(set) var ordered = 0
    public private(set) var undecided = 0
    public private(set) var strikes = 0
    public private(set) var virtualTime = Duration.zero
    /// A hash over all traces: equal for the same seeds, wherever and in whatever order they ran.
    public private(set) var hash: UInt64 = 0
    public private(set) var badCount = 0
    /// The first bad runs that came in, by seed.
    public private(set) var bad: [CampaignResult] = []
    /// How many seeds were run a second time, and those whose traces differed, sorted.
    public private(set) var repeated = 0
    public private(set) var unlike: [UInt64] = []

    public init() {}

    public mutating func add(_ result: CampaignResult) {
        runs += 1
        events += result.events
        operations += result.operations
        acknowledged += result.acknowledged
        failed += result.failed
        unknown += result.unknown
        wishes.add(result.wishes)
        count(undecided: result.undecided, of: result.ordered)
        strikes += result.strikes
        virtualTime = virtualTime + result.virtualTime
        hash ^= StableHash.mix(StableHash.mix(result.seed) ^ result.traceHash)
        guard !result.isClean else { return }
        badCount += 1
        guard bad.count < Self.keeps else { return }
        bad.append(result)
        bad.sort { $0.seed < $1.seed }
    }

    /// An order was looked for in so many registers, and not found out for some of them.
    package mutating func count(undecided: Int, of ordered: Int) {
        self.ordered += ordered
        self.undecided += undecided
    }

    /// A seed was run twice.
    public mutating func compare(_ first: CampaignResult, _ second: CampaignResult) {
        repeated += 1
        guard first.traceHash != second.traceHash || first.violations != second.violations else { return }
        unlike.append(first.seed)
        unlike.sort()
    }

    /// Enough was judged to say anything.
    public var isDecided: Bool { undecided <= 1 || Double(undecided) <= Self.undecidedShare * Double(ordered) }

    /// Nothing was broken, nearly everything was judged, and every run that was repeated went as before.
    public var isClean: Bool { badCount == 0 && unlike.isEmpty && isDecided }
}
