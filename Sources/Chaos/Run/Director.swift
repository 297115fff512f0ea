import Topology
import World

/// Carries out the steps of a scenario, and takes back what they have done.
///
/// Used by one task. ``tick()`` is called in a loop and does everything that is due, so that the order of things is the order of
/// the code; clients and the observer are tasks beside it that only record.
final class Director {
    private enum Undo {
        case resume(String, ProcessIdentity)
        case heal(Harm.Made)
    }

    private typealias Pending = (at: Instant, undo: Undo)

    private let scenario: Scenario
    private let harm: Harm
    private let board: JobBoard
    private let recorder: Recorder
    private let observer: Observer
    private let audit: Audit
    private let world: any World
    private let begun: Instant

    private var census: Census
    private var nextCensus: Instant
    private var nextStep = 0
    /// When the step before was through: from then on the next one waits.
    private var waitsSince: Instant
    private var undos: [Pending] = []
    private var cuts = 0
    /// When the last harm was done or taken back.
    private var lastHarm: Instant
    /// The same by the history's clock.
    private var lastHarmNs: Int64 = 0
    /// When the views were last seen equal, or could not be.
    private var lastEqual: Instant
    /// The look that was compared last.
    private var comparedNs: Int64 = -1
    private var isSettling = false, isAuditing = false

    /// How often it is seen whether every node runs.
    static let censusBeat = Duration.milliseconds(200)

    init(_ scenario: Scenario, harm: Harm, observer: Observer, world: any World) {
        self.scenario = scenario
        self.harm = harm
        board = harm.board
        recorder = harm.recorder
        self.observer = observer
        self.world = world
        audit = Audit(stage: harm.stage, recorder: harm.recorder, world: world, patience: scenario.patience)
        census = Census(stage: harm.stage, nodes: harm.nodes)
        begun = world.now
        (nextCensus, waitsSince, lastHarm, lastEqual) = (begun, begun, begun, begun)
    }

    /// Does what is due. Not nil when there is nothing left to do or to wait for.
    func tick() async -> HistoryEvent.Ending? {
        if world.now >= nextCensus {
            takeCensus()
            nextCensus = world.now + Self.censusBeat
        }
        noteViews()
        await undo { $0.at <= world.now }
        if nextStep < scenario.steps.count {
            await consider(scenario.steps[nextStep])
            return nil
        }
        guard undos.isEmpty else { return nil }
        if board.isOver { return conclude() }
        let quiet = max(lastHarm, board.lastMove)
        return !board.isAccepting && world.now - quiet > scenario.patience ? .stuck : nil
    }

    /// Takes back all harm now.
    func undoAll() async { await undo { _ in true } }

    /// Writes down who has ended without being harmed.
    func takeCensus() {
        for surprise in census.surprises() {
            recorder.record(.director, .died(node: surprise.node, isBack: surprise.isBack), detail: surprise.reason)
            noteHarm()
        }
    }

    private func noteViews() {
        guard let look = observer.look, look.callNs != comparedNs else { return }
        comparedNs = look.callNs
        if look.isEqual(running: census.running) { lastEqual = world.now }
    }

    private func noteHarm() {
        (lastHarm, lastHarmNs, lastEqual) = (world.now, recorder.now, world.now)
    }

    /// Those who stand still go on first: they could not be told that a cut is over.
    private func undo(_ isDue: (Pending) -> Bool) async {
        let due = undos.filter(isDue)
        undos.removeAll(where: isDue)
        for entry in due { if case .resume = entry.undo { await undo(entry.undo) } }
        for entry in due { if case .heal = entry.undo { await undo(entry.undo) } }
    }

    private func undo(_ undo: Undo) async {
        switch undo {
        case .resume(let node, let process): harm.resume(node, process)
        case .heal(let made): await harm.heal(made)
        }
        noteHarm()
    }

    // MARK: Steps

    private func consider(_ step: Step) async {
        switch step.trigger {
        case .at(let time):
            guard world.now - begun >= time else { return }
        case .when(let condition, let within):
            guard board.satisfies(condition) else {
                // A job that has ended will not run again.
                guard world.now - waitsSince > within || board.isOver else { return }
                let late = "its condition did not come within \(DurationNotation.format(within))"
                return finish(step, board.isOver ? "all jobs had ended before its condition came" : late)
            }
        }
        do throws(Harm.Missed) {
            try await carryOut(step.action)
            finish(step, nil)
        } catch {
            finish(step, error.reason)
        }
    }

    private func finish(_ step: Step, _ missed: String?) {
        nextStep += 1
        waitsSince = world.now
        noteHarm()
        if let missed {
            recorder.record(.director, .missed(step: "step \(nextStep)"), outcome: .failed, detail: "\(step.action.words): \(missed)")
        }
    }

    private func carryOut(_ action: Step.Action) async throws(Harm.Missed) {
        switch action {
        case .kill(let targets):
            for (node, process) in try await harm.kill(targets) { census.ended(node, process) }
        case .pause(let target, let duration):
            let standing = undos.compactMap { if case .resume(_, let process) = $0.undo { process } else { nil } }
            let (node, process) = try await harm.pause(target, standing: standing)
            undos.append((world.now + duration, .resume(node, process)))
        case .restart(let targets):
            let (nodes, killed) = try await harm.killForRestart(targets)
            for (node, process) in killed { census.ended(node, process) }
            // Until they have left their marks nobody knows whether they run.
            for node in nodes { census.started(node, nil) }
            let started = try await harm.start(nodes)
            for (node, process) in started { census.started(node, process) }
            guard let missing = nodes.first(where: { node in !started.contains { $0.node == node } }) else { return }
            throw Harm.Missed(reason: "\(missing) was started and has not left its mark")
        case .cut(let cut):
            cuts += 1
            let made = try await harm.cut(cut, name: "cut\(cuts)")
            undos.append((world.now + cut.duration, .heal(made)))
        case .heal:
            func isCut(_ entry: Pending) -> Bool { if case .heal = entry.undo { true } else { false } }
            guard undos.contains(where: isCut) else { throw Harm.Missed(reason: "nothing is cut") }
            await undo(isCut)
        }
    }

    // MARK: The end

    /// When all jobs are over: first the views come to rest, so that the edges know whom to ask; then what is doubtful is added again, so
    /// that there is one right count; and then every edge is asked.
    private func conclude() -> HistoryEvent.Ending? {
        if isAuditing { return audit.isOver ? .settled : nil }
        let running = census.running, edges = harm.edges.filter(running.contains)
        guard isSettling else {
            guard haveViewsRested else { return nil }
            audit.settle(board.doubtfulAdditions, edges: edges)
            isSettling = true
            return nil
        }
        guard audit.isOver else { return nil }
        audit.begin(board.questions, edges: edges)
        isAuditing = true
        return nil
    }

    /// True when a look that was begun after all harm shows equal views, or the views have been unequal for as long as they may.
    private var haveViewsRested: Bool {
        guard let look = observer.look, look.callNs >= lastHarmNs else { return false }
        if look.isEqual(running: census.running) { return true }
        var longest = Duration.zero
        for case .viewsEqual(let within, _) in scenario.expectations { longest = max(longest, within) }
        if longest == .zero { longest = scenario.patience }
        return world.now - lastEqual > longest + Observer.patience + Observer.beat
    }
}

extension Step.Action {
    /// For messages.
    var words: String {
        switch self {
        case .kill(let targets): "kill \(Self.list(targets))"
        case .pause(let target, let duration): "pause \(target) for \(DurationNotation.format(duration))"
        case .restart(let targets): "restart \(Self.list(targets))"
        case .cut(let cut):
            switch cut.shape {
            case .halves: "cut into halves"
            case .isolate(let target): "isolate \(target)"
            case .oneWay(let from, let to): "cut from \(from) to \(to)"
            }
        case .heal: "heal all"
        }
    }

    private static func list(_ targets: [Target]) -> String { targets.map(\.description).joined(separator: ", ") }
}
