import Topology

/// Reads the lists of phrases, `expect` and `bites`, against the loads and steps that they speak of: a phrase about what nobody does could
/// only ever be unknown.
struct PhrasesReader {
    let root: Section
    /// Empty too when a step is wrong; then only the phrases themselves are judged.
    let steps: [Step]
    /// The same.
    let workload: [Workload]

    private var diagnostics: Diagnostics { root.diagnostics }

    func expectations() -> [Invariant] {
        read("expect", "must be an invariant", Invariant.examples, { Invariant($0) }, advice: Invariant.advice) { invariant in
            if let loads = invariant.loads, !has(loads) {
                return "must be about something that the workload has; it has no \"\(loads.joined(separator: "\" or \""))\""
            }
            guard case .viewsEqual(_, let moment) = invariant, let actions = Self.actions[moment], !does(actions) else { return nil }
            return "must be about something that a step does; none has \"\(actions.joined(separator: "\" or \""))\""
        }
    }

    func bites() -> [Bite] {
        read("bites", "must be a sign that the fault was felt", Bite.examples, { Bite($0) }) { bite in
            if bite.comparison?.holds(0) == true { return "must not hold for 0, which shows nothing; compare as in \"> 0\"" }
            if case .ruleHits = bite, !does(["cut"]) { return "must be about a cut; no step has \"cut\"" }
            return does(StepsReader.actions) ? nil : "must be about something that a step does; there are no steps"
        }
    }

    /// By moment, the steps after which it comes; the start always comes.
    private static let actions: [Invariant.Moment: [String]] = [
        .kill: ["kill", "restart"], .restart: ["restart"], .resume: ["pause"], .heal: ["cut"],
    ]

    /// - Returns: true also while something else is wrong: a step with a mistake may be the one.
    private func does(_ names: [String]) -> Bool {
        !diagnostics.problems.isEmpty || steps.contains { names.contains($0.action.key) }
    }

    /// - Returns: true also while something else is wrong.
    private func has(_ loads: [String]) -> Bool {
        !diagnostics.problems.isEmpty || workload.contains { loads.contains($0.kind) }
    }

    private func read<Value: Hashable>(
        _ key: String, _ demand: String, _ examples: [String], _ parse: (String) -> Value?, advice: (String) -> String? = { _ in nil },
        _ objection: (Value) -> String?
    ) -> [Value] {
        guard let texts = root.texts(key) else { return [] }
        if texts.isEmpty, let place = root.keys.first(where: { $0.value == key })?.place {
            diagnostics.report(.badValue, at: place, "\"\(key)\" is empty; give it at least one, such as \"\(examples[0])\"")
        }
        var values: [Value] = []
        for text in texts {
            guard let value = parse(text.value) else {
                if let advice = advice(text.value) {
                    root.refuse(text, advice)
                } else {
                    root.refuse(text, demand, known: examples, separator: " | ")
                }
                continue
            }
            if let objection = objection(value) { root.refuse(text, objection) }
            if values.contains(value) { root.refuse(text, "is there twice; remove one") }
            values.append(value)
        }
        return values
    }
}

extension Step.Action {
    /// Its key in the file.
    fileprivate var key: String {
        switch self {
        case .kill: "kill"
        case .pause: "pause"
        case .restart: "restart"
        case .cut: "cut"
        case .heal: "heal"
        }
    }
}
