/// One thing that is wrong with a topology file, and where.
public struct TopologyProblem: Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The file cannot be read, or is no text.
        case unreadable
        /// The text is no YAML.
        case syntax
        /// A mapping has one key twice.
        case duplicateKey
        case unknownKey
        /// A list where text is expected, text where a number is expected, nothing at all...
        case wrongType
        case missingKey
        /// A number outside its range, a duration without a unit, a name with letters that names may not have...
        case badValue
        case duplicateNode
        /// Two sockets of one machine on one port.
        case portConflict
        /// Two nodes of one machine in one data directory.
        case sharedDirectory
        case unknownNode
        case noSeeds
        case noNodes
        /// No node has the role `store`, so the mesh never begins.
        case noStores
    }

    /// What to match on.
    public let code: Code
    public let file: String
    /// From 1; 0 when no line can be named.
    public let line: Int
    /// From 1, in Unicode scalars; 0 when no column can be named.
    public let column: Int
    /// Where it is in the tree: `nodes[2].admin.port`, or "" for the file as a whole.
    public let keyPath: String
    /// The offending value, as it is written.
    public let value: String?
    /// What is wrong, with the value and the remedy.
    public let sentence: String
    /// The known name that was probably meant.
    public let suggestion: String?

    public init(
        code: Code, file: String, line: Int = 0, column: Int = 0, keyPath: String = "", value: String? = nil,
        sentence: String, suggestion: String? = nil
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.value = value
        self.sentence = sentence
        self.suggestion = suggestion
    }

    /// As compilers write: `topology/local.yaml:12:5: unknown key "rols" under nodes[2]; did you mean "roles"?`
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
        return place + sentence + (suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
    }
}

/// Everything that is wrong with a topology file, in the order of its lines.
public struct TopologyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    public let problems: [TopologyProblem]

    public init(_ problems: [TopologyProblem]) {
        self.problems = problems.enumerated()
            .sorted { ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset) }
            .map(\.element)
    }

    /// One line for each problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
