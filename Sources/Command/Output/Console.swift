import JSONDocument
import Synchronization
import World

/// What a command says: results on standard output, everything about how it came to them on standard error.
package enum Console {
    private static let last = Mutex(Terminal.Outcome.written)

    /// A result. Once one could not be written none is any more; the command goes on to its end, because what it does and how
    /// it ends may matter to somebody who reads nothing.
    package static func put(_ text: String) { write(PlainText.shown(text, keepsLines: true)) }

    /// A result for programs.
    package static func put(_ json: JSON) { write(json.text(indented: true)) }

    /// Some of many results for programs, one a line.
    package static func put(lines: [JSON]) { if !lines.isEmpty { write(lines.map { $0.text() }.joined(separator: "\n")) } }

    private static func write(_ text: String) {
        last.withLock { last in
            guard last == .written else { return }
            last = Terminal.output.write(text.hasSuffix("\n") ? text : text + "\n")
            if case .failed(let reason) = last { note("standard output cannot be written: \(reason)") }
        }
    }

    /// A remark.
    package static func note(_ text: String) { Terminal.error.write(PlainText.shown(text, keepsLines: true) + "\n") }

    /// False once results reach nobody: who is there only to go on telling them may end.
    package static var isRead: Bool { last.withLock { $0 == .written } }

    /// How a command ends that has done what it should.
    package static var status: ExitStatus {
        last.withLock { if case .failed = $0 { .ioError } else { .ok } }
    }
}
