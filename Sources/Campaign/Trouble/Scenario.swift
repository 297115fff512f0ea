import Registers
import World

/// What a run is about: which troubles, how often, and what work.
public struct Scenario: Hashable, Sendable {
    public let name: String
    /// One line.
    public let summary: String
    let troubles: [Trouble]
    let work: Work
    /// Trouble comes four times as often and is soon over, on a network that loses much.
    let isHectic: Bool

    enum Work: Hashable, Sendable {
        case mixed
        /// Everybody at one register.
        case hotKey
        /// Rows so large that catching up takes several pieces.
        case large
        /// Work that ends and is freed, and operations that are repeated much later.
        case ending
        /// Orders, trips and gathers: durable actors.
        case actors
        /// Items that are counted, through edges.
        case items
        /// Jobs, whose parts workers do.
        case jobs
        /// Requests that are sent again under their keys.
        case keys
        /// Work of every kind.
        case everything
    }

    /// Whether stores are replaced while it runs.
    var reconfigures: Bool { troubles.contains(.reconfigure) }

    /// Whether it is watched what nodes do by wrong wall clocks.
    var watchesClocks: Bool { troubles.contains(.wrongClock) }

    /// Whether wall clocks are set, so that nothing can be said of times that they show.
    var setsClocks: Bool { troubles.contains(.clock) || troubles.contains(.hours) || watchesClocks }

    public static let all = Scenario(
        name: "all", summary: "three to six kinds of trouble at once, other ones for every seed",
        troubles: Trouble.allCases.filter { $0 != .hours && $0 != .wrongClock }, work: .mixed)

    /// Every scenario, the default first.
    public static let named: [Scenario] = [
        all,
        Scenario(name: "calm", summary: "no trouble: work alone, on a network that loses nothing", troubles: [], work: .mixed),
        Scenario(
            name: "kills", summary: "processes die, one, several and all at once, at any moment of a commit",
            troubles: [.kill, .killAtCommit, .killSeveral, .killAll], work: .mixed),
        Scenario(name: "cuts", summary: "the network is cut in every shape", troubles: [.cut], work: .mixed),
        Scenario(name: "cuts-and-kills", summary: "both at once", troubles: [.cut, .kill, .killAtCommit], work: .mixed),
        Scenario(name: "pauses", summary: "processes stand still, and the network is cut", troubles: [.freeze, .cut], work: .mixed),
        Scenario(
            name: "disks", summary: "disks are slow, full, lost, and older copies of themselves",
            troubles: [.slowDisk, .fullDisk, .wipe, .olderCopy, .killAtCommit], work: .mixed),
        Scenario(name: "clocks", summary: "wall clocks are set, and processes die", troubles: [.clock, .kill], work: .mixed),
        Scenario(
            name: "hot-key", summary: "everybody asks one register, while networks are cut and processes die",
            troubles: [.cut, .kill, .freeze], work: .hotKey),
        Scenario(
            name: "slow-disks", summary: "commits take up to a second, and processes die in the middle of them",
            troubles: [.slowDisk, .killAtCommit, .cut], work: .mixed),
        Scenario(
            name: "restarts", summary: "homes of one register die in their commits, and are back before anybody notices",
            troubles: [.slowDisk, .killAtCommit, .cut], work: .hotKey, isHectic: true),
        Scenario(
            name: "freeing", summary: "hours pass, work ends and is freed, and old operations are repeated",
            troubles: [.hours, .kill, .killAtCommit, .cut], work: .ending),
        Scenario(
            name: "reconfiguring",
            summary: "stores are replaced, added and removed, while disks are lost, processes die and networks are cut",
            troubles: [.reconfigure, .wipe, .kill, .killAtCommit, .cut], work: .mixed),
        Scenario(
            name: "reconfiguring-and-freeing", summary: "stores are replaced while hours pass, work ends and is freed",
            troubles: [.reconfigure, .hours, .kill, .killAtCommit, .cut], work: .ending),
        Scenario(
            name: "orders", summary: "orders and other work of durable actors, while processes die and stand still and networks are cut",
            troubles: [.kill, .killAtCommit, .killSeveral, .killAll, .freeze, .cut], work: .actors),
        Scenario(
            name: "items", summary: "items of several tenants are added and counted, while processes die and networks are cut",
            troubles: [.kill, .killAtCommit, .killSeveral, .freeze, .cut], work: .items),
        Scenario(
            name: "jobs", summary: "jobs, whose parts workers do, while processes die and stand still and networks are cut",
            troubles: [.kill, .killAtCommit, .killSeveral, .killAll, .freeze, .cut], work: .jobs),
        Scenario(
            name: "keys", summary: "requests are sent again under their keys, while processes die and stand still and networks are cut",
            troubles: [.kill, .killAtCommit, .killSeveral, .freeze, .cut], work: .keys),
        Scenario(
            name: "wrong-clocks", summary: "work of every kind, while one wall clock after the other is wrong and processes die",
            troubles: [.wrongClock, .killSeveral], work: .everything),
        Scenario(
            name: "large-rows", summary: "rows of up to 48 KiB, so that catching up takes several pieces",
            troubles: [.cut, .kill, .killAtCommit], work: .large),
    ]

    /// Nil when none has that name.
    public init?(_ name: String) {
        guard let scenario = Self.named.first(where: { $0.name == name }) else { return nil }
        self = scenario
    }

    private init(name: String, summary: String, troubles: [Trouble], work: Work, isHectic: Bool = false) {
        self.name = name
        self.summary = summary
        self.troubles = troubles
        self.work = work
        self.isHectic = isHectic
    }

    /// The troubles of one run: all, but for the scenario of everything, which takes some.
    func troubles(_ random: inout RandomStream) -> [Trouble] {
        guard troubles.count > 6 else { return troubles }
        return random.shuffled(troubles).prefix(3 + random.below(4)).sorted()
    }

    /// Whether work is freed while it runs.
    var frees: Bool { work == .ending }

    var isCalm: Bool { troubles.isEmpty }

    func plan(_ random: inout RandomStream) -> WorkPlan {
        var plan = WorkPlan(&random)
        if isCalm { plan.loss = 0 }
        switch work {
        case .mixed: break
        case .hotKey:
            (plan.sets, plan.values) = random.chance(0.5) ? (1, 0) : (0, 1)
            (plan.clients, plan.pause) = (8, .milliseconds(60))
        case .large: (plan.sets, plan.values, plan.largeRows) = (1, 1, 0.5)
        case .actors:
            (plan.sets, plan.values) = (1, 0)
            plan.addActors(&random)
            (plan.orders, plan.trips, plan.gathers) = (3 * plan.orders, 3 * plan.trips, 2 * plan.gathers)
        case .items:
            (plan.sets, plan.values) = (1, 0)
            plan.addItems(&random)
            plan.items *= 2
        case .jobs:
            (plan.sets, plan.values) = (1, 0)
            plan.addJobs(&random)
        case .keys:
            (plan.sets, plan.values) = (1, 0)
            plan.addKeys(&random)
        case .everything:
            (plan.sets, plan.values) = (1, 0)
            plan.addActors(&random)
            plan.addItems(&random)
            plan.addJobs(&random)
            plan.addKeys(&random)
        case .ending: (plan.sets, plan.values, plan.works, plan.repeats) = (1, 1, 0.25, 0.3)
        }
        return plan
    }
}
