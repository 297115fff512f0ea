/// A server has not done its part: it is silent, out of order, or leads to where nobody may be led. The next one of the list may.
struct RDAPFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// For the user.
    let description: String

    init(_ description: String) { self.description = description }
}
