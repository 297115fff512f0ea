import Registers
import World

extension CourierCharge {
    /// A part of an actor's work that its courier has had begun.
    struct Part {
        enum Stage {
            case performing
            /// It is to be written down that nobody is expected to answer it.
            case dying(String)
            /// That is written down, and an answer still counts.
            case dead
            case done(WorkReport)
        }

        let work: String
        var stage = Stage.performing
        /// Its end is being written.
        var isWriting = false

        init(work: String) { self.work = work }

        /// An attempt to write its end, or that none is expected, has ended; nil when the part is over.
        func written(isAnswer: Bool, _ error: RegisterError?) -> Part? {
            var part = self
            part.isWriting = false
            switch (stage, error) {
            // An answer that came while the death was being written is still to be written.
            case (.done, _) where !isAnswer: break
            case (.done, nil): return nil
            case (.dying, nil): part.stage = .dead
            // What the rules refuse they would refuse again.
            case (.done, let error?) where error.code == .refused || error.code == .tooLarge: part.stage = .dying(error.sentence)
            case (.dying, let error?) where error.code == .refused: return nil
            case (.done, _), (.dying, _), (.performing, _), (.dead, _): break
            }
            return part
        }

        /// Whether workers have it, or its end is to be written; not that it waits for an operator.
        var isUnderWay: Bool { if case .dead = stage { false } else { true } }

        /// What is to be written; nil when nothing is.
        func command(_ name: String) -> ActorCommand? {
            switch stage {
            case .done(let report): .answer(part: name, report)
            case .dying(let cause): .buryPart(name, cause: cause)
            case .performing, .dead: nil
            }
        }
    }

    /// Compares with what was read now: parts that are no longer open within the page are not wanted, and dead ones that are open again are
    /// to be begun anew.
    mutating func compare(_ read: ActorDuties) -> [(work: String, part: String)] {
        guard !parts.isEmpty else { return [] }
        let open = Dictionary(read.orders.map { ($0.part, $0.row.dead == nil) }) { first, _ in first }
        var unwanted: [(work: String, part: String)] = []
        for (name, part) in parts.sorted(by: { $0.key < $1.key }) where !part.isWriting {
            if case .dead = part.stage, open[name] == true { parts[name] = nil }
            guard open[name] == nil, isInPage(name, upTo: read.next) else { continue }
            parts[name] = nil
            unwanted.append((part.work, name))
        }
        return unwanted
    }

    private func isInPage(_ name: String, upTo next: String?) -> Bool {
        func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
        return (page.isEmpty || precedes(page, name)) && (next.map { !precedes($0, name) } ?? true)
    }

    /// Writes down how parts have ended.
    mutating func answers(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        parts.keys.sorted().compactMap { name in
            guard let part = parts[name], !part.isWriting, let command = part.command(name), look.takesOff(.part(name), self) else { return nil }
            parts[name]?.isWriting = true
            return .write(actor, command)
        }
    }

    /// Has parts begun.
    mutating func orders(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        let left = duties.orders.filter { $0.row.dead == nil && parts[$0.part] == nil }
        look.isThrough = left.isEmpty && !parts.values.contains { $0.isUnderWay }
        let begun = left.prefix(max(0, look.parts))
        // There is no telling when others are through with theirs.
        if begun.count < left.count { look.next = min(look.next, look.now + .milliseconds(100)) }
        return begun.map { order in
            parts[order.part] = Part(work: order.row.work)
            let row = order.row
            let part = Scatter.Part(order.part, row.payload, expected: .milliseconds(Int64(row.expectedMs)), place: row.place)
            return .perform(actor, work: row.work, part)
        }
    }
}
