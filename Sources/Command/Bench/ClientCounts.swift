import ArgumentParser

/// Numbers of clients, as they are given on the command line: `1,64`.
package struct ClientCounts: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
    /// Each client is a task of its own, and beyond this a register refuses what waits for it.
    package static let limit = 1_024

    package let counts: [Int]

    package init(_ counts: [Int]) { self.counts = counts }

    package init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let counts = words.compactMap { Int($0) }
        guard counts.count == words.count, counts.allSatisfy((1...Self.limit).contains) else { return nil }
        self.init(counts)
    }

    package var description: String { counts.map { "\($0)" }.joined(separator: ",") }

    package var defaultValueDescription: String { description }
}
