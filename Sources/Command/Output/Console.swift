import Glibc
import JSONDocument
import Web
import World

/// What a command says: results on standard output, everything about how it came to them on standard error.
package enum Console {
    /// A result. Ends the process quietly when nobody reads it any more, as with `| head`.
    package static func put(_ text: String) {
        if !Terminal.output.write(text.hasSuffix("\n") ? text : text + "\n") { exit(ExitStatus.ok.rawValue) }
    }

    /// A result for programs.
    package static func put(_ json: JSON) { put(json.text(indented: true)) }

    /// A remark.
    package static func note(_ text: String) { Terminal.error.write(text + "\n") }
}
