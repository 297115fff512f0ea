import Web
import World

extension WebRequest {
    /// A number among the query parameters; nil when it is not there.
    /// - Throws: a ``Problem``: 400 for what is none, or beyond the range.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid([.init(name, ["\"\(text.prefix(64))\" is not allowed; expected \(range.lowerBound) to \(range.upperBound)"])])
        }
        return number
    }

    /// The id by which a repeated change is known as the same; a new one when whoever asks gives none.
    /// - Throws: a ``Problem``: 400.
    func operation(or ids: WorkIDGenerator) throws(Problem) -> WorkID {
        guard let text = query("operation") else { return ids.next() }
        guard let id = WorkID(text) else { throw .invalid([.init("operation", ["\"\(text.prefix(64))\" is no UUID of version 7"])]) }
        return id
    }
}
