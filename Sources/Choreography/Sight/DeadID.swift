import World

/// Names something that is dead, so that people can copy it and programs find it again.
///
///     order/0199…/3@account/alice      the third letter of an order to an account
///     order/0199…/timer@deadline       a timer
///     gather/0199…/part@12             a part of its work
///
/// Bytes of names other than letters, digits, `-._~` and, in actors, `/` are percent-encoded, so that a shell takes the text for one
/// word. An actor that lives on and has the id of a piece of work for its name has the first byte of that percent-encoded.
public enum DeadID: Hashable, Sendable, LosslessStringConvertible {
    case letter(from: ActorName, sequence: UInt64, to: ActorName)
    case timer(String, of: ActorName)
    case part(String, of: ActorName)

    /// Of what is awaited, whether it is dead or not.
    public init(_ awaited: Awaited) {
        switch awaited.what {
        case .letter(_, let receiver, let sequence, _): self = .letter(from: awaited.owner, sequence: sequence, to: receiver)
        case .timer(let name, _, _): self = .timer(name, of: awaited.owner)
        case .part(let part, _): self = .part(part, of: awaited.owner)
        }
    }

    /// The actor in whose register it lies.
    public var owner: ActorName {
        switch self {
        case .letter(let sender, _, _): sender
        case .timer(_, let actor), .part(_, let actor): actor
        }
    }

    /// Nil for a text that names nothing.
    public init?(_ description: String) {
        let halves = description.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, let slash = halves[0].lastIndex(of: "/"), let owner = ActorName(plain: halves[0][..<slash])
        else { return nil }
        let what = halves[0][halves[0].index(after: slash)...]
        if let sequence = UInt64(what), sequence > 0, "\(sequence)" == what, let receiver = ActorName(plain: halves[1]) {
            self = .letter(from: owner, sequence: sequence, to: receiver)
            return
        }
        guard let bytes = PercentText.bytes(halves[1]), let name = String(validating: bytes, as: UTF8.self), !name.isEmpty
        else { return nil }
        switch what {
        case "timer": self = .timer(name, of: owner)
        case "part": self = .part(name, of: owner)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .letter(let sender, let sequence, let receiver): "\(sender.plain)/\(sequence)@\(receiver.plain)"
        case .timer(let name, let actor): "\(actor.plain)/timer@\(PercentText.text(name.utf8))"
        case .part(let part, let actor): "\(actor.plain)/part@\(PercentText.text(part.utf8))"
        }
    }
}

extension ActorName {
    fileprivate var plain: String {
        let text = PercentText.text(key.bytes, keepsSlashes: true)
        guard work == nil, WorkID(name) != nil, let slash = text.firstIndex(of: "/") else { return text }
        let first = text.index(after: slash)
        return text[..<first] + PercentText.encoded(text[first].utf8.first ?? 0) + text[text.index(after: first)...]
    }

    fileprivate init?(plain text: Substring) {
        guard let slash = text.firstIndex(of: "/"),
            let kind = PercentText.bytes(text[..<slash]).flatMap({ String(validating: $0, as: UTF8.self) }),
            let name = PercentText.bytes(text[text.index(after: slash)...]).flatMap({ String(validating: $0, as: UTF8.self) })
        else { return nil }
        if let work = WorkID(text[text.index(after: slash)...]) {
            guard !kind.isEmpty, kind.utf8.count <= 64, !kind.contains("/") else { return nil }
            self.init(kind, of: work)
        } else {
            self.init(kind, named: name)
        }
    }
}

/// Percent-encoding of all but the unreserved characters (RFC 3986, 2.3).
private enum PercentText {
    static func text(_ bytes: some Sequence<UInt8>, keepsSlashes: Bool = false) -> String {
        bytes.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            case UInt8(ascii: "/") where keepsSlashes: "/"
            default: encoded(byte)
            }
        }.joined()
    }

    static func encoded(_ byte: UInt8) -> String { (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true) }

    /// Nil where a percent sign is not followed by two digits.
    static func bytes(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = [], rest = Substring(text).utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let digits = String(rest.prefix(2)), let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
