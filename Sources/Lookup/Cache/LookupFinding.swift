/// What a lookup has come to.
package struct LookupFinding: Hashable, Sendable {
    /// The document's JSON text, or the sentence for the user.
    package let result: Result<String, LookupFailure>
    /// For how long it holds; nil when nothing says so.
    package let keep: Duration?
    /// See ``LookupAnswer/address``.
    package let address: IPAddress?

    package init(_ text: String, keep: Duration? = nil, address: IPAddress? = nil) {
        (result, self.keep, self.address) = (.success(text), keep, address)
    }

    package init(_ failure: LookupFailure) { (result, keep, address) = (.failure(failure), failure.keep, nil) }

    package var isSuccess: Bool { if case .success = result { true } else { false } }

    /// Bytes of its texts.
    var size: Int {
        switch result {
        case .success(let text): text.utf8.count
        case .failure(let failure): failure.message.utf8.count
        }
    }
}

/// What is asked: one service about one target. Two that are equal have the same answer.
package struct LookupSubject: Hashable, Sendable, CustomStringConvertible {
    package let service: Int
    /// In canonical form, so that every way to write a target is the same one.
    package let target: LookupTarget

    package init(service: Int, target: LookupTarget) { (self.service, self.target) = (service, target) }

    init(_ order: LookupOrder) { self.init(service: order.service, target: order.target) }

    package var description: String { "\(service)/\(target)" }
}
