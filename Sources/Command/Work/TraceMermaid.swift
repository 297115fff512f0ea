/// A causal graph as a sequence diagram of Mermaid: https://mermaid.js.org/syntax/sequenceDiagram.html
package struct TraceMermaid {
    private let trace: TraceDocument
    private var lines = ["sequenceDiagram"]
    private var aliases: [String: String] = [:]

    private static let client = "client", workers = "workers", people = "people"

    package init(_ trace: TraceDocument) {
        self.trace = trace
        if trace.entries.contains(where: { $0.origin == "outside" }) { lines.append("    actor \(Self.client) as outside") }
        for (index, actor) in trace.actors.enumerated() {
            aliases[actor] = "a\(index + 1)"
            lines.append("    participant a\(index + 1) as \(Self.plain(trace.short(actor)))")
        }
        if trace.entries.contains(where: { $0.origin == "worker" }) || trace.awaited.contains(where: { $0.what == "part" }) {
            lines.append("    participant \(Self.workers) as workers")
        }
        if trace.entries.contains(where: { $0.origin == "operator" }) { lines.append("    actor \(Self.people) as operator") }
        for entry in trace.entries { add(entry) }
        for one in trace.awaited { add(one) }
    }

    package var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func add(_ entry: TraceDocument.Entry) {
        let own = alias(entry.actor), other = entry.other ?? "?"
        let arrow: String
        switch entry.origin {
        case "letter": arrow = "\(alias(other))->>\(own): \(Self.plain(entry.event))"
        case "timer": arrow = "\(own)->>\(own): \(Self.plain("\(entry.event) (timer \(other))"))"
        case "worker": arrow = "\(Self.workers)->>\(own): \(Self.plain("\(entry.event) by \(other)"))"
        case "burial": arrow = "\(entry.receiver.map(alias) ?? own)--x\(own): \(Self.plain("\(entry.event) refused"))"
        case "operator": arrow = "\(Self.people)->>\(own): \(Self.plain("\(entry.event) \(entry.outcome)"))"
        default: arrow = "\(Self.client)->>\(own): \(Self.plain(entry.event))"
        }
        lines.append("    " + arrow)
        // Where it was is told when it changes, with what else was not as it commonly is.
        guard let remark = entry.remark else { return }
        lines.append("    Note over \(own): " + Self.plain("\(entry.host), \(entry.afterMs) ms: \(remark)"))
    }

    private mutating func add(_ one: TraceDocument.Awaited) {
        let own = alias(one.owner)
        switch one.what {
        case "letter": lines.append("    \(own)--\(one.state == "dead" ? "x" : ")")\(alias(one.receiver ?? "?")): \(Self.plain(one.words))")
        case "part": lines.append("    \(own)--)\(Self.workers): \(Self.plain(one.words))")
        default: lines.append("    Note over \(own): \(Self.plain(one.words))")
        }
    }

    private func alias(_ actor: String) -> String { aliases[actor] ?? Self.client }

    /// A text that means nothing to Mermaid: what ends a statement or begins a code or a comment is written as the number of its
    /// character, and so is what a page would read as markup.
    static func plain(_ text: String) -> String {
        let text = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "#", ";", "<", ">", "&", "\"", "%", "\\", "`", "$": "#\(scalar.value);"
            case _ where PlainText.isUnruly(scalar): " "
            default: String(scalar)
            }
        }.joined()
        // A word of the language, which in some versions ends the diagram.
        return text.split(separator: " ", omittingEmptySubsequences: false).map { $0.lowercased() == "end" ? "[\($0)]" : $0 }
            .joined(separator: " ")
    }
}
