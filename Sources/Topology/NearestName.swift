/// Finds what somebody meant who mistyped a name.
public enum NearestName {
    /// The candidate most like `name`, when it is like enough to be what was meant: at most a third of the longer one's
    /// letters wrong, and at least one letter right. Case is not counted. Of equally near ones the first by name.
    public static func suggest(_ name: String, among candidates: some Sequence<String>) -> String? {
        let typed = Array(name.lowercased().unicodeScalars.prefix(longest))
        var best: (distance: Int, candidate: String)?
        for candidate in candidates.sorted() {
            let known = Array(candidate.lowercased().unicodeScalars.prefix(longest))
            let distance = distance(typed, known)
            guard distance <= max(1, max(typed.count, known.count) / 3), distance < max(typed.count, known.count) else {
                continue
            }
            if let best, best.distance <= distance { continue }
            best = (distance, candidate)
        }
        return best?.candidate
    }

    /// Longer names are compared by their beginning: nobody mistypes 64 letters, and the table stays small.
    private static let longest = 64

    /// How many letters must be inserted, removed, replaced, or swapped with their neighbour to make `b` of `a`: the
    /// distance of Damerau (CACM 1964) and Levenshtein (1966), in the variant that edits no substring twice.
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        guard !a.isEmpty else { return b.count }
        guard !b.isEmpty else { return a.count }
        var beforeLast: [Int] = []
        var last = Array(0 ... b.count)
        for i in 1 ... a.count {
            var row = [i]
            row.reserveCapacity(b.count + 1)
            for j in 1 ... b.count {
                let same = a[i - 1] == b[j - 1]
                var cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, beforeLast[j - 2] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
