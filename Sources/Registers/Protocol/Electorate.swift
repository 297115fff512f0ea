import World

/// Who decides about a shard: one fixed set of stores, or two while the map changes, of each of which a majority is needed.
///
/// Written down in the configuration under an epoch. Who is alive never enters it.
public struct Electorate: Hashable, Sendable {
    /// The epoch of the map it comes from. A request under another epoch is refused.
    public let epoch: UInt64
    /// One set, or the old and the new one. Home preference first. Each has 1 ... 7 distinct stores.
    public let sets: [[StoreID]]

    public init(epoch: UInt64, sets: [[StoreID]]) {
        precondition(!sets.isEmpty && sets.count <= 2, "an electorate has one set of stores or two, not \(sets.count)")
        precondition(
            sets.allSatisfy { set in
                !set.isEmpty && set.count <= RegisterLimits.electorate
                    && set.indices.allSatisfy { place in !set[..<place].contains(set[place]) }
            },
            "a set of an electorate has 1 to \(RegisterLimits.electorate) distinct stores")
        self.epoch = epoch
        self.sets = sets
    }

    /// All stores of it, each once, home preference first.
    public var members: [StoreID] {
        sets.dropFirst().reduce(sets[0]) { members, set in members + set.filter { !members.contains($0) } }
    }

    /// Whether those who said yes are a majority of every set.
    public func isDecided(by yes: Set<StoreID>) -> Bool {
        sets.allSatisfy { set in set.count { yes.contains($0) } > set.count / 2 }
    }

    /// Whether a majority can still come about when these will not say yes.
    public func canBeDecided(without no: Set<StoreID>) -> Bool {
        sets.allSatisfy { set in set.count { !no.contains($0) } > set.count / 2 }
    }
}
