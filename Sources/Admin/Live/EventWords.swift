import JSONDocument
import Membership
import World

/// A line of the event log: what happened, in words.
struct EventWords: Hashable, Sendable {
    /// How much an operator should mind.
    enum Weight: String, Sendable {
        case good, info, warning, bad
    }

    let weight: Weight
    /// One word: what kind of event it is.
    let word: String
    /// The member concerned; nil when it is the view as a whole.
    let node: String?
    let text: String

    init(_ weight: Weight, _ word: String, _ node: String?, _ text: String) {
        self.weight = weight
        self.word = word
        self.node = node
        self.text = text
    }

    /// Names that a line spells out.
    private static let namesSpelt = 12

    /// Nil for what is not worth a line.
    init?(_ event: MembershipEvent) {
        switch event {
        case .joined(let member):
            self.init(.good, "joined", member.name, "joined at \(member.address), life \(member.identity.life)")
        case .suspected(let member): self.init(.warning, "suspect", member.name, "is silent: suspected")
        case .trusted(let member):
            self.init(.good, "alive", member.name, "has answered: no longer suspected (incarnation \(member.incarnation))")
        case .failed(let member): self.init(.bad, "dead", member.name, "is dead: life \(member.identity.life) is over")
        case .left(let member): self.init(.info, "left", member.name, "has said goodbye and left")
        case .returned(let member):
            self.init(.good, "alive", member.name, "is back: life \(member.identity.life) was held dead and lives")
        case .replaced(let old, let new):
            self.init(
                .good, "joined", new.name,
                "has started anew: life \(new.identity.life) takes the place of life \(old.identity.life)")
        case .updated(let old, let new):
            guard !old.metadata.placesLike(new.metadata) else { return nil }
            let clock = ClockWatch.verdict(of: new.metadata)
            guard clock == ClockWatch.verdict(of: old.metadata) else {
                self = Self.clock(clock, of: new.name)
                return
            }
            self.init(.info, "changed", new.name, Self.change(from: old.metadata, to: new.metadata))
        case .reaped(let member): self.init(.info, "forgotten", member.name, "was gone for so long that it is forgotten")
        case .nameConflict(let holder, let rival):
            self.init(
                .bad, "conflict", holder.identity.name,
                "is claimed by two processes: \(holder.address) keeps the name, \(rival.address) must take another")
        case .decided(let view): self.init(.info, "ring", nil, "the ring is now \(Self.list(view.members.map(\.name)))")
        case .lonely(let isLonely):
            self.init(
                isLonely ? .warning : .good, isLonely ? "lonely" : "heard", nil,
                isLonely ? "this node hears nobody, so it accuses no one" : "this node hears others again")
        // The member's metadata, which change with it, tell the same of every node.
        case .clock: return nil
        case .health(let score):
            self.init(
                score == 0 ? .good : .warning, "health", nil,
                score == 0 ? "this node is well again" : "this node's own health is \(score): its timers are stretched \(score + 1) times")
        }
    }

    private static func clock(_ verdict: ClockWatch.Verdict, of name: String) -> EventWords {
        verdict.isOff
            ? EventWords(.warning, "clock", name, "finds its wall clock \(verdict.words): it fires no timers, others do")
            : EventWords(.good, "clock", name, "finds its wall clock near the others' again")
    }

    private static func list(_ names: [String]) -> String {
        if names.isEmpty { return "empty" }
        let spelt = names.prefix(namesSpelt).joined(separator: " ")
        return names.count > namesSpelt ? "\(spelt) and \(names.count - namesSpelt) more" : spelt
    }

    private static func change(from old: MemberMetadata, to new: MemberMetadata) -> String {
        if old.roles != new.roles {
            return new.roles.isEmpty ? "has put down its roles: it drains" : "has the roles \(new.roles.joined(separator: ", "))"
        }
        return "has changed what it tells of itself"
    }

    func json(atMs: Int64) -> JSON {
        [
            "atMs": .number(atMs), "weight": .string(weight.rawValue), "word": .string(word), "node": .text(node),
            "text": .string(text),
        ]
    }
}
