import Topology
import World

/// Carries out the steps of a scenario, and takes back what they have done.
///
/// Used by one task. ``tick()`` is called in a loop and does everything that is due, so that the order of things is the order of
/// the code; clients and the observer are tasks beside it that only record.
final class Director {
    private enum Undo {
        case resume(String)
        case heal(Harm.Made)
    }

    private typealias Pending = (at: Instant, undo: Undo)

    private let scenario: Scenario
    private let harm: Harm
    private let board: JobBoard
    private let recorder: Recorder
    private let observer: Observer
    private let world: any World
    private let begun: Instant

    private var nextStep = 0
    /// When the step before was through: from then on the next one waits.
    private var waitsSince: Instant
    private var undos: [Pending] = []
    private var cuts = 0
    /// When the last harm was done or taken back.
    private var lastHarm: Instant

    init(_ scenario: Scenario, harm: Harm, observer: Observer, world: any World) {
        self.scenario = scenario
        self.harm = harm
        board = harm.board
        recorder = harm.recorder
        self.observer = observer
        self.world = world
        begun = world.now
        (waitsSince, lastHarm) = (begun, begun)
    }

    /// Does what is due. Not nil when there is nothing left to do or to wait for.
    func tick() async -> HistoryEvent.Ending? {
        await undo { $0.at <= world.now }
        if nextStep < scenario.steps.count {
            await consider(scenario.steps[nextStep])
            return nil
        }
        guard undos.isEmpty else { return nil }
        if board.isOver { return haveViewsRested ? .settled : nil }
        let quiet = max(lastHarm, board.lastMove)
        return !board.isAccepting && world.now - quiet > scenario.patience ? .stuck : nil
    }

    /// Takes back all harm now.
    func undoAll() async { await undo { _ in true } }

    /// Those who stand still go on first: they could not be told that a cut is over.
    private func undo(_ isDue: (Pending) -> Bool) async {
        let due = undos.filter(isDue)
        undos.removeAll(where: isDue)
        for entry in due { if case .resume = entry.undo { await undo(entry.undo) } }
        for entry in due { if case .heal = entry.undo { await undo(entry.undo) } }
    }

    private func undo(_ undo: Undo) async {
        switch undo {
        case .resume(let node): harm.resume(node)
        case .heal(let made): await harm.heal(made)
        }
        lastHarm = world.now
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
        (waitsSince, lastHarm) = (world.now, world.now)
        if let missed {
            recorder.record(.director, .missed(step: "step \(nextStep)"), outcome: .failed, detail: "\(step.action.words): \(missed)")
        }
    }

    private func carryOut(_ action: Step.Action) async throws(Harm.Missed) {
        switch action {
        case .kill(let target): try await harm.kill(target)
        case .pause(let target, let duration):
            let node = try await harm.pause(target)
            undos.append((world.now + duration, .resume(node)))
        case .restart(let target): try await harm.restart(target)
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

    /// True when the views are equal, or the time in which they had to become so is over.
    private var haveViewsRested: Bool {
        var longest = Duration.zero
        for case .viewsEqual(let within, _) in scenario.expectations { longest = max(longest, within) }
        guard longest > .zero else { return true }
        let story = Story(recorder.records)
        if story.areEqual(observer.views, running: story.running(at: .max)) { return true }
        return world.now - lastHarm > longest + Observer.patience + Observer.beat
    }
}

extension Step.Action {
    /// For messages.
    var words: String {
        switch self {
        case .kill(let target): "kill \(target)"
        case .pause(let target, let duration): "pause \(target) for \(DurationNotation.format(duration))"
        case .restart(let target): "restart \(target)"
        case .cut(let cut):
            switch cut.shape {
            case .halves: "cut into halves"
            case .isolate(let target): "isolate \(target)"
            case .oneWay(let from, let to): "cut from \(from) to \(to)"
            }
        case .heal: "heal all"
        }
    }
}
