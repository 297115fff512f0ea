import Registers
import World

/// Troubles a mesh for a while, then makes everything well again.
final class Nemesis {
    /// How far a wall clock is set ahead or back at most.
    static let mostAhead: Duration = .seconds(7_200)

    unowned let mesh: SimulatedMesh
    var random: RandomStream
    private let troubles: [Trouble]
    /// Registers whose homes are liked as victims.
    private let keys: [RegisterKey]
    private let isHectic: Bool
    private var end = Instant.zero
    private var cuts: [Int] = []
    /// All was made well: what was planned for later does not happen any more.
    private var isOver = false
    private(set) var strikes = 0
    /// Stores whose disks were lost or set back, which must stay few enough that every shard keeps a majority.
    private var spoilt: [StoreID] = []

    init(_ mesh: SimulatedMesh, _ troubles: [Trouble], keys: [RegisterKey] = [], isHectic: Bool = false) {
        self.mesh = mesh
        self.troubles = troubles
        self.keys = keys
        self.isHectic = isHectic
        random = RandomStream(seed: mesh.seed, name: "nemesis")
    }

    /// Begins now, and lets nothing new happen from `end` on.
    func begin(until end: Instant) {
        self.end = end
        for trouble in troubles { plan(trouble) }
        mesh.seesDeaths = !isHectic
        mesh.onDeath = { [unowned self] i in restart(i) }
        if troubles.contains(.olderCopy) { planCopies() }
    }

    private func plan(_ trouble: Trouble) {
        mesh.after(random.exponential(isHectic ? pause(trouble) * 0.25 : pause(trouble))) { [unowned self] _ in
            guard mesh.now < end else { return }
            strikes += 1
            strike(trouble)
            plan(trouble)
        }
    }

    /// The mean time between two strikes.
    private func pause(_ trouble: Trouble) -> Duration {
        switch trouble {
        case .kill, .freeze: .seconds(4)
        case .killAtCommit, .hours, .wrongClock: .seconds(3)
        case .killSeveral, .slowDisk, .fullDisk: .seconds(8)
        case .killAll: .seconds(15)
        case .cut: .seconds(4)
        case .clock: .seconds(3)
        case .wipe, .olderCopy, .reconfigure: .seconds(6)
        }
    }

    private func strike(_ trouble: Trouble) {
        let victim = victim()
        switch trouble {
        case .kill: kill([victim])
        case .killAtCommit: mesh.machines[victim].killPoint = random.pick(Machine.KillPoint.allCases)
        case .killSeveral: kill(Array(random.shuffled(Array(mesh.machines.indices)).prefix(2 + random.below(2))))
        case .killAll: kill(Array(mesh.machines.indices))
        case .freeze: mesh.freeze(victim, for: random.exponential(.milliseconds([100, 1_500, 5_000][random.below(3)])))
        case .cut: cut()
        case .clock: setClock(victim)
        case .wrongClock: spoilClock(victim)
        case .slowDisk:
            mesh.machines[victim].slowness = random.pick(isHectic ? [4, 10, 30] : [10, 100, 400]) ?? 10
            if random.chance(0.6) {
                mesh.after(random.exponential(.seconds(1))) { [unowned self] in
                    if !isOver { $0.machines[victim].killPoint = .whileWriting }
                }
            }
            mesh.after(random.exponential(.seconds(3))) { $0.machines[victim].slowness = 1 }
        case .fullDisk:
            mesh.machines[victim].isDiskFull = true
            mesh.after(random.exponential(.seconds(3))) { $0.machines[victim].isDiskFull = false }
        case .wipe: wipe(victim)
        case .olderCopy: putOlderCopy(victim)
        case .hours: passHours()
        case .reconfigure: reconfigure()
        }
    }

    /// Any machine, and as often (always, in a hurry) the first replica of a register, where most of the work is.
    private func victim() -> Int {
        let any = random.below(mesh.machines.count)
        guard isHectic || random.chance(0.5), let key = random.pick(keys) else { return any }
        guard let home = mesh.map.electorate(of: key.shard).members.first else { return any }
        return mesh.machines.firstIndex { $0.process?.store?.id == home } ?? any
    }

    // MARK: Processes

    private func kill(_ victims: [Int]) {
        let isSeen = !isHectic && random.chance(0.7)
        for i in victims { mesh.kill(i, keepsPending: random.chance(0.5), isSeen: isSeen) }
    }

    private func restart(_ i: Int) {
        if isHectic { return restartHectically(i) }
        mesh.push(.start(i), after: .milliseconds(20) + random.exponential(.milliseconds([50, 800, 4_000][random.below(3)])))
    }

    /// Soon, and as likely as not to die again in the first commit: a process that makes one proposal in each of its lives, and has
    /// forgotten it in the next, is what finds ballots that repeat.
    private func restartHectically(_ i: Int) {
        let start = random.between(.milliseconds(1), .milliseconds(40))
        mesh.push(.start(i), after: start)
        guard mesh.now < end, random.chance(0.5) else { return }
        mesh.after(start) { [unowned self] in if !isOver { $0.machines[i].killPoint = .whileWriting } }
    }

    // MARK: Network

    private func cut() {
        let shape = random.pick(CutShape.allCases) ?? .isolate
        let mode: Cut.Mode = random.chance(0.75) ? .drop : .hold
        let ways = shape.ways(mesh.machines.count, &random)
        let cut = mesh.links.cut(ways, mode)
        cuts.append(cut)
        let time = random.exponential(isHectic ? .milliseconds(200) : random.chance(0.35) ? .seconds(8) : .milliseconds(1_200))
        let text = "cut \(cut): \(shape), \(mode), \(ways.count) ways, for \(time.milliseconds) ms"
        mesh.trace.note(mesh.now, nil, .trouble, UInt64(cut), text)
        mesh.after(time) { [unowned self] _ in heal(cut) }
    }

    private func heal(_ cut: Int) {
        guard let place = cuts.firstIndex(of: cut) else { return }
        cuts.remove(at: place)
        mesh.trace.note(mesh.now, nil, .trouble, UInt64(cut) << 8, "cut \(cut) is healed")
        mesh.heal(cut)
    }

    // MARK: Clocks and disks

    private func setClock(_ i: Int) {
        let most: Duration = [.milliseconds(500), .seconds(60), Self.mostAhead][random.below(3)]
        mesh.machines[i].clockAhead = random.between(.zero - most, most)
        mesh.trace.note(mesh.now, i, .trouble, 0, "the wall clock is ahead by \(mesh.machines[i].clockAhead.milliseconds) ms")
    }

    /// Two wrong clocks of three would be a majority, so there is one at a time.
    private func spoilClock(_ i: Int) {
        guard mesh.machines.allSatisfy({ $0.clockAhead == .zero }) else { return }
        let most: Duration = [.seconds(10), .seconds(120), Self.mostAhead][random.below(3)], off = random.between(.seconds(3), most)
        spoilClock(i, by: random.chance(0.7) ? off : .zero - off)
        mesh.after(random.exponential(.seconds(6))) { [unowned self] _ in if !isOver { spoilClock(i, by: .zero) } }
    }

    private func spoilClock(_ i: Int, by ahead: Duration) {
        mesh.machines[i].clockAhead = ahead
        mesh.machines[i].clockSetAt = mesh.now
        mesh.trace.note(mesh.now, i, .trouble, 0, "the wall clock is ahead by \(ahead.milliseconds) ms")
    }

    private func passHours() {
        let time = Duration.seconds(3_600) * (1 + random.below(2))
        mesh.trace.note(mesh.now, nil, .trouble, UInt64(bitPattern: time.nanoseconds), "\(time.milliseconds / 3_600_000) h pass")
        for i in mesh.machines.indices {
            mesh.after(random.between(.zero, .milliseconds(500))) { mesh in
                mesh.machines[i].clockAhead = mesh.machines[i].clockAhead + time
            }
        }
    }

    /// Two majorities of three have one store in common, so one may be spoilt; another when that was replaced.
    private func maySpoil(_ i: Int) -> Bool {
        let map = mesh.map
        return mesh.machines[i].disk != nil && map.stores.count >= 3 && !spoilt.contains { map.stores.contains($0) }
    }

    private func wipe(_ i: Int) {
        guard maySpoil(i), let disk = mesh.machines[i].disk else { return }
        spoilt.append(disk.id)
        mesh.trace.note(mesh.now, i, .trouble, 1, "the disk is lost")
        mesh.kill(i, keepsPending: false)
        let keepsID = mesh.mutations.contains(.wipedDiskVotes)
        mesh.machines[i].disk = MemoryDisk(id: keepsID ? disk.id : StoreID(from: &random))
        mesh.machines[i].isWiped = true
    }

    private func planCopies() {
        mesh.after(random.exponential(.seconds(2))) { [unowned self] mesh in
            guard mesh.now < end else { return }
            let i = random.below(mesh.machines.count)
            mesh.machines[i].copy = mesh.machines[i].process?.store?.disk ?? mesh.machines[i].disk
            planCopies()
        }
    }

    /// Puts the older copy back, if all other stores run and have noticed that there was something newer: whoever lives when the
    /// copy is opened is a witness then, and without one nothing is promised.
    private func putOlderCopy(_ i: Int) {
        guard maySpoil(i), let copy = mesh.machines[i].copy, let id = mesh.machines[i].disk?.id, copy.id == id else { return }
        let neighbours = mesh.map.neighbours(of: id)
        let others = mesh.running.filter { $0.machine != i && $0.store.map { neighbours.contains($0.id) } ?? false }
        let know = others.filter { other in other.store?.witnesses.contains { $0.store == id && $0.commit > copy.commitNumber } ?? false }
        guard know.count == others.count, others.count == neighbours.count, !others.isEmpty else { return }
        spoilt.append(id)
        mesh.kill(i, keepsPending: true)
        mesh.trace.note(
            mesh.now, i, .trouble, copy.commitNumber,
            "the disk is set back to commit \(copy.commitNumber) from \(mesh.machines[i].disk?.commitNumber ?? 0)")
        mesh.machines[i].disk = copy
    }

    // MARK: The end

    /// Everything is made well, for good.
    func makeWell() {
        isOver = true
        mesh.trace.note(mesh.now, nil, .trouble, 2, "all is made well")
        for cut in cuts { heal(cut) }
        mesh.links.weather = .calm
        mesh.clientLoss = 0
        for i in mesh.machines.indices {
            mesh.machines[i].slowness = 1
            mesh.machines[i].isDiskFull = false
            mesh.machines[i].killPoint = nil
            if mesh.machines[i].frozenUntil > mesh.now {
                mesh.machines[i].frozenUntil = mesh.now
                mesh.push(.thaw(i), after: .zero)
            }
            if mesh.machines[i].process == nil { mesh.push(.start(i), after: random.between(.zero, .milliseconds(300))) }
        }
    }
}
