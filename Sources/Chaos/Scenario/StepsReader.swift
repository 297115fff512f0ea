import Topology
import World
import Yams

/// Reads the section `steps`.
struct StepsReader {
    let root: Section
    let nodes: [String]
    /// Of the whole run.
    let limit: Duration

    static let actions = ["kill", "pause", "restart", "cut", "heal"]
    static let keys = ["at", "when", "within"] + actions
    static let conditionKeys = ["job", "done", "resent"]
    static let cutKeys = ["into", "isolate", "from", "to", "mode", "for"]
    static let stepsAllowed = 100

    private var diagnostics: Diagnostics { root.diagnostics }

    func read() -> [Step] {
        guard let items = root.items("steps") else { return [] }
        if items.count > Self.stepsAllowed {
            diagnostics.report(
                .badValue, at: items[Self.stepsAllowed].place,
                "\"steps\" lists \(items.count) steps; it must list at most \(Self.stepsAllowed)")
        }
        var before = Duration.zero, isCut = false
        return items.compactMap { item in
            guard let section = Section(item.value, path: item.place.keyPath, known: Self.keys, diagnostics: diagnostics)
            else { return nil }
            // A key that is unknown has been reported, and may well be what would be missed here.
            if let mapping = item.value.mapping, mapping.count > section.keys.count { return nil }
            let trigger = trigger(section), action = action(section)
            guard let trigger, let action else { return nil }
            let step = Step(trigger: trigger, action: action)
            checkTime(of: step, section, &before)
            if case .cut = action { isCut = true }
            if case .heal = action, !isCut, let text = section.text("heal") {
                section.refuse(text, "must come after a cut; there is none above")
            }
            return step
        }
    }

    /// Steps are carried out in the order of the file, and all of them before the run's limit.
    private func checkTime(of step: Step, _ section: Section, _ before: inout Duration) {
        guard case .at(let time) = step.trigger, let text = section.text("at") else { return }
        if time < before {
            section.refuse(
                text, "must not be before the time of a step above, \(DurationNotation.format(before)): the order is that of the file")
        }
        before = max(before, time)
        let lasts = switch step.action {
        case .pause(_, let duration): duration
        case .cut(let cut): cut.duration
        case .kill, .restart, .heal: Duration.zero
        }
        guard time + lasts >= limit else { return }
        let fault = lasts > .zero ? "with the \(DurationNotation.format(lasts)) that the fault lasts " : ""
        section.refuse(
            text, "must come \(fault)before the limit of the run, \(DurationNotation.format(limit)); give \"limit\" more, or this less")
    }

    private func missing(_ section: Section, _ sentence: String) {
        diagnostics.report(.missingKey, at: section.place, "\(section.place.keyPath) \(sentence)")
    }

    private func trigger(_ section: Section) -> Step.Trigger? {
        guard section.has("at") != section.has("when") else {
            missing(section, "needs either \"at\", a time since the work began, or \"when\", a condition, and not both")
            return nil
        }
        if section.has("at") {
            if let within = section.keys.first(where: { $0.value == "within" }) {
                diagnostics.report(.badValue, at: within.place, "\"within\" goes with \"when\"; a step with \"at\" does not wait")
            }
            return section.limitedDuration("at", from: .zero).map { .at($0) }
        }
        guard let inner = section.section("when", known: Self.conditionKeys) else { return nil }
        var condition = Condition()
        condition.job = inner.choice("job", of: Condition.Job.self)
        condition.done = comparison("done", inner)
        condition.resent = comparison("resent", inner)
        if inner.keys.isEmpty { missing(inner, "is no condition; known: \(Self.conditionKeys.joined(separator: ", "))") }
        guard let within = section.has("within") ? section.limitedDuration("within") : .seconds(30) else { return nil }
        return .when(condition, within: within)
    }

    private func comparison(_ key: String, _ section: Section) -> Comparison? {
        guard let text = section.text(key) else { return nil }
        guard let comparison = Comparison(text.value) else {
            section.refuse(text, "must compare with a number, such as \">3\"")
            return nil
        }
        return comparison
    }

    private func action(_ section: Section) -> Step.Action? {
        let named = section.keys.map(\.value).filter(Self.actions.contains)
        guard named.count == 1, let name = named.first else {
            missing(section, "must do one thing of \(Self.actions.joined(separator: ", "))" + (named.isEmpty ? "" : ", not \(named.count)"))
            return nil
        }
        switch name {
        case "kill": return targets("kill", section).map { .kill($0) }
        case "restart": return targets("restart", section).map { .restart($0) }
        case "pause":
            guard let inner = section.section("pause", known: ["node", "for"]) else { return nil }
            for key in ["node", "for"] where !inner.has(key) { missing(inner, "lacks the key \"\(key)\"") }
            guard let target = target("node", inner), let duration = inner.limitedDuration("for") else { return nil }
            return .pause(target, duration)
        case "cut": return section.section("cut", known: Self.cutKeys).flatMap(cut).map { .cut($0) }
        default:
            guard let text = section.text("heal"), text.value == "all" else {
                if let text = section.text("heal") { section.refuse(text, "must be \"all\": every cut heals") }
                return nil
            }
            return .heal
        }
    }

    private func cut(_ section: Section) -> Cut? {
        if !section.has("for") { missing(section, "lacks the key \"for\": how long the cut lasts") }
        let shapes = ["into", "isolate", "from"].filter(section.has)
        guard shapes.count == 1, section.has("from") == section.has("to") else {
            missing(section, "must be one of {into: halves}, {isolate: NODE}, {from: NODE, to: NODE}")
            return nil
        }
        let shape: Cut.Shape?
        switch shapes[0] {
        case "into":
            let text = section.text("into")
            if let text, text.value != "halves" {
                section.refuse(text, "must be halves", suggestion: NearestName.suggest(text.value, among: ["halves"]))
            }
            shape = text?.value == "halves" ? .halves : nil
        case "isolate": shape = target("isolate", section).map { .isolate($0) }
        default:
            let from = target("from", section), to = target("to", section)
            if let from, from == to, let text = section.text("to") { section.refuse(text, "must be another than \"from\"") }
            if let from, let to { shape = .oneWay(from, to) } else { shape = nil }
        }
        let mode = section.has("mode") ? section.choice("mode", of: Cut.Mode.self) : .drop
        guard let shape, let mode, let duration = section.limitedDuration("for") else { return nil }
        return Cut(shape: shape, mode: mode, duration: duration)
    }

    /// One, or a list of them.
    private func targets(_ key: String, _ section: Section) -> [Target]? {
        guard section.node(key)?.sequence != nil else { return target(key, section).map { [$0] } }
        guard let texts = section.texts(key) else { return nil }
        if texts.isEmpty { missing(section, "names nobody under \"\(key)\"") }
        var targets: [Target] = []
        for text in texts {
            guard let target = target(text, section) else { return nil }
            if targets.contains(target) { section.refuse(text, "is there twice; remove one") }
            targets.append(target)
        }
        return targets
    }

    private func target(_ key: String, _ section: Section) -> Target? {
        section.text(key).flatMap { target($0, section) }
    }

    private func target(_ text: Located<String>, _ section: Section) -> Target? {
        guard let target = Target(text.value, nodes: nodes) else {
            section.refuse(
                text, "must be a node or a description of one", known: nodes + Target.phrases.map(\.text), separator: " | ")
            return nil
        }
        return target
    }
}
