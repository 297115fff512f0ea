import World

extension Awaited {
    /// For how long it could have happened; nil for what is not due yet, and where nobody knows.
    public func overdue(at now: WallTime) -> Duration? {
        guard let dueMs else { return nil }
        let span = now.millisecondsSince1970.subtractingReportingOverflow(dueMs)
        if case .timer = what, span.partialValue <= 0 { return nil }
        return .milliseconds(span.overflow ? 0 : max(0, span.partialValue))
    }

    /// What is awaited of whom, since when, and what is done about it.
    /// - Parameters:
    ///   - now: the wall clock of whoever reads it.
    ///   - care: who looks after the owner, when that is known.
    public func sentence(now: WallTime, effort: Effort? = nil, care: WorkPicture.Care? = nil) -> String {
        let age = overdue(at: now).flatMap { $0 > .zero ? " for \(DurationText.short($0))" : nil } ?? ""
        switch (what, hindrance) {
        case (.letter(let event, let receiver, let sequence, _), .dead(let cause)):
            return "\(receiver) has refused \(event) (letter \(sequence)): \(cause)"
        case (.letter(let event, let receiver, let sequence, _), .behindDead):
            return "\(event) (letter \(sequence)) to \(receiver) waits behind a dead letter\(age)"
        case (.letter(let event, let receiver, let sequence, _), nil):
            return "\(receiver) has not taken \(event) (letter \(sequence))\(age)" + Self.done(effort, care)
        case (.timer(let name, _, let atMs), nil):
            let left = Duration.milliseconds(max(0, atMs.subtractingReportingOverflow(now.millisecondsSince1970).partialValue))
            return left > .zero ? "timer \(name) fires in \(DurationText.short(left))" : "timer \(name) has been due\(age)"
                + Self.done(effort, care)
        case (.part(let part, let work), nil): return "no worker has answered part \(part) of \(work)\(age)" + Self.done(effort, care)
        case (.timer(let name, _, _), .dead(let cause)): return "timer \(name) was refused: \(cause)"
        case (.part(let part, let work), .dead(let cause)): return "part \(part) of \(work) is dead: \(cause)"
        case (.timer, .behindDead), (.part, .behindDead): return "waits behind what is dead"
        }
    }

    private static func done(_ effort: Effort?, _ care: WorkPicture.Care?) -> String {
        guard let care else { return "" }
        guard let node = care.node else { return "; no replica of \(care.actor) lives" }
        guard care.efforts != nil else { return "; \(node), which looks after it, does not say what it does" }
        guard let effort else { return "; \(node) looks after it" }
        let number = UInt64(effort.attempts) + 1
        return effort.isUnderWay ? "; attempt \(number) of \(node) is under way"
            : "; \(node) tries again (attempt \(number)) in \(DurationText.short(.milliseconds(effort.nextInMs)))"
    }
}
