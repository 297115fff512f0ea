import World

extension Membership {
    /// All members this node knows, itself among them, sorted by name. Costs a sort: ask when ``version`` changed.
    public var members: [Member] {
        var members = table.live.map { table[$0].member } + table.gone.map { table[$0].member }
        members.append(own)
        return members.sorted { $0.name < $1.name }
    }

    /// This node as it shows itself.
    public var ownMember: Member { own }

    /// The member of that name in whatever status, this node included; nil when nothing is known of it, or no longer.
    public func member(named name: String) -> Member? { table.slot(named: name).map { table[$0].member } }

    /// Whether exactly this life is held live.
    public func isLive(_ identity: NodeIdentity) -> Bool { table.slot(of: identity).map { table.isLive($0) } ?? false }

    /// 0 is well; timers are stretched by score + 1.
    public var healthScore: Int { health.score }

    /// Equal on two nodes exactly when they hold the same live members, incarnations and metadata versions.
    public var contentHash: UInt64 { table.digest.root }

    /// Live members, this node included.
    public var liveMemberCount: Int { table.live.count + (own.status.isLive ? 1 : 0) }
}
