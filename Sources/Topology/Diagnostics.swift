import Yams

/// A place in the file and in its tree.
struct Place {
    let keyPath: String
    let line: Int
    let column: Int

    init(_ keyPath: String, _ mark: Mark?) {
        self.keyPath = keyPath
        line = mark?.line ?? 0
        column = mark?.column ?? 0
    }
}

/// A value and where it stands, so that a check that needs several values can still name a line.
struct Located<Value> {
    let value: Value
    let place: Place
}

/// Gathers what is wrong while a file is read. One file's reading owns it; it goes nowhere else.
final class Diagnostics {
    let file: String
    private(set) var problems: [TopologyProblem] = []
    private(set) var warnings: [TopologyProblem] = []
    private(set) var locations: [String: Topology.Location] = [:]

    init(file: String) { self.file = file }

    func report(
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
