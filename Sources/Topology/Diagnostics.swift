import Yams

/// A place in the file and in its tree.
package struct Place {
    package let keyPath: String
    package let line: Int
    package let column: Int

    package init(_ keyPath: String, _ mark: Mark?) {
        self.keyPath = keyPath
        line = mark?.line ?? 0
        column = mark?.column ?? 0
    }
}

/// A value and where it stands, so that a check that needs several values can still name a line.
package struct Located<Value> {
    package let value: Value
    package let place: Place

    package init(value: Value, place: Place) {
        self.value = value
        self.place = place
    }
}

/// Gathers what is wrong while a file is read. One file's reading owns it; it goes nowhere else.
package final class Diagnostics {
    package let file: String
    package private(set) var problems: [TopologyProblem] = []
    private(set) var warnings: [TopologyProblem] = []
    private(set) var locations: [String: Topology.Location] = [:]

    package init(file: String) { self.file = file }

    package func report(
        _ code: TopologyProblem.Code, at place: Place, value: String? = nil, _ sentence: String, suggestion: String? = nil
    ) {
        problems.append(problem(code, at: place, value: value, sentence, suggestion: suggestion))
    }

    func warn(
        _ code: TopologyProblem.Code, at place: Place, value: String? = nil, _ sentence: String, suggestion: String? = nil
    ) {
        warnings.append(problem(code, at: place, value: value, sentence, suggestion: suggestion))
    }

    func note(_ place: Place) {
        locations[place.keyPath] = Topology.Location(line: place.line, column: place.column)
    }

    private func problem(
        _ code: TopologyProblem.Code, at place: Place, value: String?, _ sentence: String, suggestion: String?
    ) -> TopologyProblem {
        TopologyProblem(
            code: code, file: file, line: place.line, column: place.column, keyPath: place.keyPath, value: value,
            sentence: sentence, suggestion: suggestion)
    }
}
