// Wing and Gong's search ("Testing and verifying concurrent objects", 1993), with Lowe's memory of what was tried: take any
// operation that began before the first of those left ended, see whether it explains its answer, and go on; go back when stuck. The
// same set of operations with the same value at its end needs no second look. Values are written once, so most wrong turns show at
// once.

/// Looks for an order of the operations of one value register.
struct OrderSearch {
    enum Act: Hashable {
        case read(UInt64)
        /// With the value that was replaced; nil when nobody knows.
        case write(UInt64, over: UInt64?)
    }

    struct Step {
        let operation: Ledger.Operation
        let act: Act
        /// The moment by which it has happened.
        let ended: Int

        init(_ operation: Ledger.Operation, _ act: Act, endingAt ended: Int? = nil) {
            self.operation = operation
            self.act = act
            self.ended = ended ?? operation.ended
        }

        var saw: String {
            switch act {
            case .read(let value): ", which showed \(value)"
            case .write(_, let before): before.map { ", which replaced \($0)" } ?? ""
            }
        }
    }

    enum Outcome {
        case found
        /// No order explains the operations; this one is the first that none could reach.
        case impossible(Step)
        case undecided
    }

    /// What was tried: which steps were taken, and the value they led to.
    private struct Place: Hashable {
        var taken: [UInt64]
        var value: UInt64
    }

    /// More steps than this are not taken.
    private static let most = 200_000
    /// Sorted by their beginning.
    private let steps: [Step]

    init(_ steps: [Step]) { self.steps = steps.sorted { $0.operation.invoked < $1.operation.invoked } }

    func run() -> Outcome {
        var place = Place(taken: Array(repeating: 0, count: steps.count / 64 + 1), value: 0)
        var tried: Set<Place> = [place]
        var path: [(step: Int, value: UInt64)] = []
        var candidate = 0, looked = 0, deepest = -1, stuckAt = 0
        while path.count < steps.count {
            looked += 1
            if looked > Self.most { return .undecided }
            let (next, barrier) = self.next(from: candidate, place)
            if let next {
                candidate = next + 1
                guard let value = result(of: steps[next].act, on: place.value) else { continue }
                var taken = place
                taken.taken[next / 64] |= 1 << UInt64(next % 64)
                taken.value = value
                guard tried.insert(taken).inserted else { continue }
                path.append((next, place.value))
                place = taken
                candidate = 0
            } else {
                if path.count > deepest { (deepest, stuckAt) = (path.count, barrier) }
                guard let last = path.popLast() else { return .impossible(steps[stuckAt]) }
                place.taken[last.step / 64] &= ~(1 << UInt64(last.step % 64))
                place.value = last.value
                candidate = last.step + 1
            }
        }
        return .found
    }

    /// The first step from `candidate` on that may come next, if there is one; and the step that has to come before any that began
    /// later.
    private func next(from candidate: Int, _ place: Place) -> (Int?, barrier: Int) {
        var end = Int.max, barrier = 0, next: Int?
        for i in steps.indices where place.taken[i / 64] >> UInt64(i % 64) & 1 == 0 {
            if steps[i].operation.invoked > end { break }
            if steps[i].ended < end { (end, barrier) = (steps[i].ended, i) }
            if next == nil, i >= candidate { next = i }
        }
        if let found = next, steps[found].operation.invoked > end { next = nil }
        return (next, barrier)
    }

    private func result(of act: Act, on value: UInt64) -> UInt64? {
        switch act {
        case .read(let shown): shown == value ? value : nil
        case .write(let new, let before): before.map { $0 == value } ?? true ? new : nil
        }
    }
}
