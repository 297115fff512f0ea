// Every harm must have been felt by itself: the frames that one cut has touched say nothing of the next, and what was seen before a
// harm does not come of it. So each bite is judged once for each harm that it can show, by what came after that harm. A run whose
// harm is not shown by each of its bites proves nothing.

extension Judge {
    static func judge(_ bite: Bite, _ story: Story) -> Finding {
        var felt: [String] = []
        let harms = if case .ruleHits = bite { story.harms.filter(\.isCut) } else { story.harms }
        for harm in harms {
            let (holds, reason) = sign(of: harm, bite, story)
            guard holds else {
                let place = "\(harm.about) after \(harm.callNs / 1_000_000) ms"
                return Finding(.bite, "\(bite)", .unknown, "\(place): \(reason); the fault was not felt")
            }
            felt.append("\(harm.about): \(reason)")
        }
        guard !felt.isEmpty else { return Finding(.bite, "\(bite)", .unknown, "no such harm was done; there was nothing to be felt") }
        return Finding(.bite, "\(bite)", .holds, felt.joined(separator: ", "))
    }

    private static func sign(of harm: Story.Harm, _ bite: Bite, _ story: Story) -> (holds: Bool, reason: String) {
        switch bite {
        case .resent(let comparison):
            let resent = story.jobs.reduce(0) { $0 + $1.resent() - $1.resent(until: harm.callNs) }
            return (comparison.holds(resent), "\(resent) orders were sent again")
        case .underWay(let comparison):
            let jobs = story.jobs.count { $0.isUnderWay(at: harm.callNs) }
            return (comparison.holds(jobs), "\(jobs) jobs were under way")
        case .requestsFailed(let comparison):
            let failed = story.failures.count { $0 >= harm.callNs }
            return (comparison.holds(failed), "\(failed) requests failed")
        case .ruleHits(let comparison): return (comparison.holds(harm.hits), "\(harm.hits) frames were touched")
        case .victimSeen(let sight):
            let seen = sighting(sight, of: harm, story)
            let whom = harm.isCut ? "anybody on the other side" : harm.victims.sorted().joined(separator: " ")
            return (seen != nil, seen ?? "nobody has seen \(whom) as \(sight.rawValue)")
        }
    }

    private static func sighting(_ sight: Bite.Sight, of harm: Story.Harm, _ story: Story) -> String? {
        let wanted: Set<String> = sight == .dead ? ["dead"] : ["dead", "suspect"]
        for look in story.looks where look.callNs >= harm.callNs {
            for observer in look.views.keys.sorted() where !harm.victims.contains(observer) {
                guard let view = look.views[observer] ?? nil else { continue }
                for (member, status) in view.sorted(by: { $0.key < $1.key }) where wanted.contains(status) {
                    let ways = [HistoryEvent.Apart(from: observer, to: member), HistoryEvent.Apart(from: member, to: observer)]
                    guard ways.contains(where: harm.apart.contains) || harm.victims.contains(member) else { continue }
                    return "\(observer) saw \(member) \(status) after \(look.returnNs / 1_000_000) ms"
                }
            }
        }
        return nil
    }
}
