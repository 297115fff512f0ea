/// A node, by name or by what it is at the moment of the step.
package enum Target: Hashable, Sendable, CustomStringConvertible {
    case node(String)
    /// The one whose worker has the most calls of other nodes in hand. The first by name of several.
    case busiestWorker(exceptHomes: Bool)
    /// The node that looks after the register of a job that has not ended.
    case homeOfJob(Age)
    /// The one that looks after the registers of most orders under way. The first by name of several.
    case homeOfOrders

    package enum Age: String, Hashable, Sendable, CaseIterable { case oldest, newest }

    /// The phrases that are no node's name.
    package static let phrases: [(text: String, target: Target)] = [
        ("worker with most parts in flight", .busiestWorker(exceptHomes: false)),
        ("worker with most parts in flight but not the home", .busiestWorker(exceptHomes: true)),
        ("home of the oldest job", .homeOfJob(.oldest)),
        ("home of the newest job", .homeOfJob(.newest)),
        ("home of most orders", .homeOfOrders),
    ]

    /// Nil for what is neither one of the phrases nor one of the nodes.
    package init?(_ text: String, nodes: [String]) {
        let words = Words.normal(text)
        if let phrase = Self.phrases.first(where: { $0.text == words }) {
            self = phrase.target
        } else if nodes.contains(words) {
            self = .node(words)
        } else {
            return nil
        }
    }

    package var description: String {
        if case .node(let name) = self { return name }
        return Self.phrases.first { $0.target == self }?.text ?? ""
    }
}

/// Phrases of scenario files.
enum Words {
    /// One space between words, and none at the ends.
    static func normal(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }
}
