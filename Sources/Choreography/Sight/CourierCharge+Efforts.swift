import World

extension CourierCharge {
    /// What is under way, and what has failed and is tried again, at most `limit`, in the order of their names.
    func efforts(now: Instant, limit: Int) -> [Effort] {
        let names = Set(pauses.keys).union(flying.map { .letter($0) }).union(parts.keys.map { .part($0) })
        let all = names.compactMap { errand -> (key: String, effort: Effort)? in
            let pause = pauses[errand] ?? Pause()
            func effort(_ errand: Effort.Errand, isUnderWay: Bool) -> Effort {
                let next = isUnderWay ? 0 : max(0, (pause.until - now).milliseconds)
                return Effort(errand: errand, attempts: pause.attempts, nextInMs: next, isUnderWay: isUnderWay)
            }
            switch errand {
            case .read: return ("0", effort(.reading, isUnderWay: isReading))
            case .letter(let receiver): return ("1 \(receiver)", effort(.letter(to: receiver), isUnderWay: flying.contains(receiver)))
            case .timer(let name): return ("2 \(name)", effort(.timer(name), isUnderWay: false))
            case .part(let part): return ("3 \(part)", effort(.part(part), isUnderWay: parts[part] != nil))
            // Nobody waits for this: what it writes down is done already.
            case .settle: return nil
            }
        }
        return all.sorted { $0.key < $1.key }.prefix(limit).map(\.effort)
    }
}
