import Yams

/// From text to YAML's tree of nodes, with the parser's complaints turned into problems.
///
/// What the YAML parser refuses ends the reading: there is no tree in which further problems could be found.
package enum YAMLTree {
    /// Nil for an empty file.
    package static func compose(_ text: String, file: String) throws(TopologyError) -> Yams.Node? {
        do {
            // The encoding is named because the library's default depends on an environment variable.
            let root = try Parser(yaml: text, encoding: .utf8).singleRoot()
            let limit = max(text.utf8.count, expandedAllowed)
            if let root, !isBounded(root, by: limit) {
                throw TopologyError([
                    TopologyProblem(
                        code: .syntax, file: file, line: root.mark?.line ?? 1, column: root.mark?.column ?? 1,
                        sentence: "the file's aliases make more than \(limit) values of it; write out what it says")
                ])
            }
            return root
        } catch let error as TopologyError {
            throw error
        } catch let error as YamlError {
            throw TopologyError([problem(error, text: text, file: file)])
        } catch {
            throw TopologyError([
                TopologyProblem(code: .syntax, file: file, sentence: "the file is no YAML: \(error)")
            ])
        }
    }

    /// Values that a file may have when its aliases are followed. Without aliases a file has at most one for each of its bytes.
    private static let expandedAllowed = 100_000

    /// Whether there are at most so many values. A few lines of aliases to aliases name more than anybody can walk through.
    private static func isBounded(_ root: Yams.Node, by limit: Int) -> Bool {
        var open = [root], count = 1
        while let node = open.popLast() {
            let inner: [Yams.Node] = switch node {
            case .mapping(let mapping): mapping.flatMap { [$0.key, $0.value] }
            case .sequence(let sequence): Array(sequence)
            case .scalar, .alias: []
            }
            count += inner.count
            guard count <= limit else { return false }
            open += inner
        }
        return true
    }

    private static func problem(_ error: YamlError, text: String, file: String) -> TopologyProblem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let line = line(mark.line, of: text)
            let hint = line.contains("\t") ? "; YAML indents with spaces, not with tabs" : ""
            let why = context.map { " (\($0.text) that begins in line \($0.mark.line))" } ?? ""
            return TopologyProblem(
                code: .syntax, file: file, line: mark.line, column: mark.column,
                value: String(line.drop { $0 == " " || $0 == "\t" }), sentence: "the file is no YAML: \(problem)\(why)\(hint)")
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
            return TopologyProblem(
                code: .syntax, file: file, line: max(lines.count, 1), column: (lines.last?.unicodeScalars.count ?? 0) + 1,
                sentence: "the file is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            let second = secondLine(of: key, after: context.mark, in: text)
            return TopologyProblem(
                code: .duplicateKey, file: file, line: second ?? context.mark.line, column: context.mark.column,
                keyPath: key, value: key,
                sentence: "key \"\(key)\" is there twice"
                    + (second == nil ? "" : ", the first time in line \(context.mark.line)") + "; remove one")
        default:
            return TopologyProblem(code: .syntax, file: file, sentence: "the file is no YAML: \(error)")
        }
    }

    private static func line(_ number: Int, of text: String) -> Substring {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.contains(number - 1) ? lines[number - 1] : ""
    }

    /// The YAML parser names the first of two equal keys; people look for the second. It stands further down at the same
    /// column of the same block, unless the mapping is written in braces, where nil is answered.
    private static func secondLine(of key: String, after first: Mark, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let indent = first.column - 1
        guard first.line < lines.count else { return nil }
        for number in first.line ..< lines.count {
            let content = lines[number].drop { $0 == " " }
            let column = lines[number].count - content.count
            if content.isEmpty || content.hasPrefix("#") || column > indent { continue }
            if column < indent { return nil }
            if content.hasPrefix("\(key):") || content.hasPrefix("\"\(key)\":") { return number + 1 }
        }
        return nil
    }
}
