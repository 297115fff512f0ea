import CAres

/// Why no name server's answer can be used.
struct DNSFailure: OutsideError, Sendable, CustomStringConvertible {
    let description: String
    let verdict: OutsideVerdict
    let source: LookupFailure.Source

    init(message: String, source: LookupFailure.Source = .server) {
        description = message
        verdict = .untold
        self.source = source
    }

    /// The failures of all servers of one question, in their order.
    init(_ all: [DNSFailure]) {
        let isOurs = all.allSatisfy { $0.source == .node }
        self.init(message: all.map(\.description).joined(separator: "; "), source: isOurs ? .node : .server)
    }

    /// What the library reports of a question that has come to no answer.
    init(_ status: Int32, server: String?) {
        let asked = Self.words(server)
        func faulty(_ words: String) -> (String, OutsideVerdict, LookupFailure.Source) {
            ("\(asked) \(words)", .faulty(words, isTransient: false), .server)
        }
        (description, verdict, source) = switch status {
        case ARES_ECONNREFUSED: faulty("cannot be reached")
        case ARES_ETIMEOUT: faulty("did not answer")
        case ARES_EBADRESP: faulty("answered with what is no answer")
        default: ("\(asked): \(String(cString: ares_strerror(status)))", .untold, .node)
        }
    }

    /// An answer whose code (RFC 1035, 4.1.1; RFC 6895, 2.3) says that the server could not or would not find out. A server that fails
    /// or refuses has answered all the same: that may be because of the name, as with one whose own servers are broken.
    init(code: UInt8, server: String?) {
        let words = switch code {
        case 1: "did not understand the question (FORMERR)"
        case 2: "could not find out (SERVFAIL)"
        case 4: "cannot answer such questions (NOTIMP)"
        case 5: "refused to answer (REFUSED)"
        case 9: "is not in charge of the name (NOTAUTH)"
        default: "answered with the code \(code)"
        }
        self.init(answer: words, server: server)
    }

    /// An answer that tells nothing of the name.
    /// - Parameter words: follow the name of the server.
    init(answer words: String, server: String?) {
        description = "\(Self.words(server)) \(words)"
        verdict = .answered
        source = .server
    }

    private static func words(_ server: String?) -> String { server.map { "the name server \($0)" } ?? "the system's name servers" }
}
