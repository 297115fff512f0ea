/// Why a command could not do what it was asked for: shown to the user as it is.
package struct CommandFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: ExitStatus
    /// The thing, the value, and the remedy.
    package let message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}
