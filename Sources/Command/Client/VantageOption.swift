import ArgumentParser
import JSONDocument

/// From where to look, as a person writes it: `all`, a number, `zone=eu`, `node=n3` or `same-as=JOB`.
package struct VantageOption: Hashable, Sendable {
    /// As the edge takes it. What it means there, the edge says: which zones and nodes there are is known to nobody else.
    package let json: JSON

    /// - Throws: `ValidationError` for what has none of the forms.
    package init(_ text: String) throws {
        if text.lowercased() == "all" {
            json = "all"
        } else if let count = Int(text) {
            json = .number(count)
        } else {
            let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
            let keys = ["zone": "zone", "node": "node", "same-as": "sameAs"]
            guard halves.count == 2, let key = keys[halves[0].lowercased()] else {
                throw ValidationError("--vantage \(text): give all, a number, zone=NAME, node=NAME or same-as=JOB")
            }
            json = .object([.init(key, .string(halves[1]))])
        }
    }
}
