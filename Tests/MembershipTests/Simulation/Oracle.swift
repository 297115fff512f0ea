import Membership
import World

/// Judges from outside: it knows which processes really ran, and sees every event of every node.
struct Oracle {
    /// What one node has been seen to believe of one host.
    private struct Belief {
        var life: UInt64 = 0
        var incarnation: UInt64 = 0
        /// Highest incarnation of this life that it held dead; `max` when the life is over for good.
        var buried: UInt64?
    }

    private(set) var runs: Set<NodeIdentity> = []
    private var leaving: Set<NodeIdentity> = []
    private var beliefs: [[Belief]]
    private(set) var falseDeaths: [String] = []
    private(set) var resurrections: [String] = []
    private(set) var falls: [String] = []
    /// While the network is cut, death of the unreachable is no mistake.
    var excusesDeaths = false

    init(hosts: Int) { beliefs = Array(repeating: Array(repeating: Belief(), count: hosts), count: hosts) }

    mutating func started(_ identity: NodeIdentity) { runs.insert(identity) }
    mutating func ended(_ identity: NodeIdentity) { runs.remove(identity) }
    mutating func left(_ identity: NodeIdentity) { leaving.insert(identity) }

    /// Everything that must never be, in one list.
    var complaints: [String] { falseDeaths + resurrections + falls }

    mutating func judge(_ event: MembershipEvent, seenBy observer: Int, at now: Instant) {
        switch event {
        case .failed(let member):
            if runs.contains(member.identity) && !leaving.contains(member.identity) && !excusesDeaths {
                falseDeaths.append("\(now): node \(observer) held \(member.identity) dead")
            }
            note(member, observer, now)
            bury(member, at: member.incarnation, observer)
        case .left(let member):
            if !leaving.contains(member.identity) { falseDeaths.append("\(now): node \(observer) held \(member.identity) for left") }
            bury(member, at: .max, observer)
        case .joined(let member), .returned(let member), .trusted(let member): live(member, observer, now)
        case .replaced(let old, let new):
            bury(old, at: .max, observer)
            live(new, observer, now)
        case .suspected(let member), .updated(_, let member): note(member, observer, now)
        case .reaped, .nameConflict, .decided, .lonely, .health, .clock: break
        }
    }

    private mutating func bury(_ member: Member, at incarnation: UInt64, _ observer: Int) {
        let host = MeshSimulator.index(member.address)
        guard beliefs[observer][host].life <= member.identity.life else { return }
        beliefs[observer][host].life = member.identity.life
        beliefs[observer][host].buried = max(beliefs[observer][host].buried ?? 0, incarnation)
    }

    private mutating func live(_ member: Member, _ observer: Int, _ now: Instant) {
        let belief = beliefs[observer][MeshSimulator.index(member.address)]
        if belief.life == member.identity.life, let buried = belief.buried, member.incarnation <= buried {
            resurrections.append("\(now): node \(observer) holds \(member.identity) live again at incarnation \(member.incarnation)")
        }
        note(member, observer, now)
    }

    private mutating func note(_ member: Member, _ observer: Int, _ now: Instant) {
        let host = MeshSimulator.index(member.address)
        let belief = beliefs[observer][host]
        if member.identity.life < belief.life { falls.append("\(now): node \(observer): life of \(member.name) fell") }
        if member.identity.life > belief.life {
            beliefs[observer][host] = Belief(life: member.identity.life, incarnation: member.incarnation)
        } else {
            if member.incarnation < belief.incarnation {
                falls.append("\(now): node \(observer): incarnation of \(member.identity) fell")
            }
            beliefs[observer][host].incarnation = member.incarnation
        }
    }
}
