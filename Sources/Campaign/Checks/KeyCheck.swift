import Primes
import World

// ONE KEY, ONE REQUEST, ONE ANSWER
//
// All that was sent under a key, whenever and to whichever edge, comes to this: one of the requests has it, all who sent that are told the
// same, and what it does is done once; all who sent another are told so. That nobody knows, or that nothing has happened by a sending, may
// be said of any. A request that was ever told that another has the key has no effect by any of its sendings: its outcome is that it has
// failed (see ``EdgeLog/outcome(of:)``), and the judges of items and jobs look whether anything of it is there.

/// Judges what was sent under keys.
package enum KeyCheck {
    package static func judge(_ log: EdgeLog, _ books: Books) -> [Violation] {
        let groups = Dictionary(grouping: log.wishes.filter { $0.key != nil }, by: { $0.key ?? "" })
        return groups.sorted { $0.key < $1.key }.flatMap { judge($0.key, $0.value, log) + effects($0.key, $0.value, books) }
    }

    private static func judge(_ key: String, _ wishes: [EdgeLog.Wish], _ log: EdgeLog) -> [Violation] {
        let told = wishes.flatMap { wish in
            wish.sendings.compactMap { number in log.sendings[number].reply.map { (request: wish.request, reply: $0) } }
        }
        var found: [Violation] = []
        let done = told.filter { $0.reply.answer.isSuccess }
        if let first = done.first {
            if let other = done.first(where: { $0.request != first.request }) {
                let texts = "\(first.request.text); \(other.request.text)"
                found.append(Violation(.twice, "two requests were done under the key \"\(key)\": \(texts)"))
            } else if let other = done.first(where: { $0.reply.answer != first.reply.answer }) {
                let texts = "\(first.reply.answer.text), and \(other.reply.answer.text)"
                found.append(Violation(.twice, "one request under the key \"\(key)\" was answered in two ways: \(texts)"))
            }
        }
        for refusal in told where refusal.reply.answer == .otherRequest {
            let text = "\(refusal.request.text), under the key \"\(key)\", was told that another request has it"
            if done.contains(where: { $0.request == refusal.request }) { found.append(Violation(.twice, "\(text), and was done")) }
            let isThere = wishes.contains { wish in
                wish.request != refusal.request && (log.firstAsked(wish).map { $0.asked < refusal.reply.at } ?? false)
            }
            if !isThere { found.append(Violation(.future, "\(text), and nobody had sent any")) }
        }
        return found
    }

    /// At most one job has come of all requests under a key.
    private static func effects(_ key: String, _ wishes: [EdgeLog.Wish], _ books: Books) -> [Violation] {
        let jobs = books.jobs.filter { _, job in wishes.contains { $0.request == .submit(job.request) } }.keys.sorted()
        guard jobs.count > 1 else { return [] }
        return [Violation(.twice, "the key \"\(key)\" has led to \(jobs.count) jobs: \(jobs.map { "\($0)" }.joined(separator: ", "))")]
    }
}
