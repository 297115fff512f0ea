import CZeroMQ
import Wire

/// A public key of CURVE (CurveZMQ, ZeroMQ RFC 26): 32 bytes, written as the 40 characters of Z85 (RFC 32).
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
    /// The 40 characters.
    public let text: String

    /// `nil` unless `text` is 40 characters of Z85.
    public init?(_ text: String) {
        guard CurveKeyPair.isKey(text) else { return nil }
        self.text = text
    }

    init(unchecked text: String) { self.text = text }

    public var description: String { text }
}

/// A node's pair of keys for CURVE.
public struct CurveKeyPair: Sendable {
    public let publicKey: CurvePublicKey
    /// The 40 characters of the secret key. Never logged, never sent.
    public let secretKey: String

    /// `nil` unless both are 40 characters of Z85 and the public key is the secret one's.
    public init?(publicKey: String, secretKey: String) {
        guard let publicKey = CurvePublicKey(publicKey), Self.isKey(secretKey) else { return nil }
        var derived = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&derived, secretKey) == 0, Self.text(derived) == publicKey.text else { return nil }
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    private init(publicKey: CurvePublicKey, secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// A new pair from the system's randomness. `nil` when libzmq was built without CURVE.
    public static func generate() -> CurveKeyPair? {
        var publicKey = [CChar](repeating: 0, count: 41)
        var secretKey = [CChar](repeating: 0, count: 41)
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else { return nil }
        return CurveKeyPair(publicKey: CurvePublicKey(unchecked: text(publicKey)), secretKey: text(secretKey))
    }

    static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == 40, text.utf8.allSatisfy({ (33...125).contains($0) }) else { return false }
        var bytes = [UInt8](repeating: 0, count: 32)
        return zmq_z85_decode(&bytes, text) != nil
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Encrypts a node's links: its own keys, and the public key of every node that it talks to.
///
/// The list is also the list of who may connect: a key that is not in it is refused before a frame is read, and a frame
/// that names another node than its connection's key belongs to is refused too.
public struct CurveSecurity: Sendable {
    public let keyPair: CurveKeyPair
    /// Public keys by node name; clients have names too.
    public let peers: [String: CurvePublicKey]
    /// Who listens at an address, for those of which nothing else is known yet: a client of CURVE has to know the server's
    /// key before it says a word, and a node that starts knows its seeds by address only.
    public let names: [PeerAddress: String]

    public init(keyPair: CurveKeyPair, peers: [String: CurvePublicKey], names: [PeerAddress: String] = [:]) {
        self.keyPair = keyPair
        self.peers = peers
        self.names = names
    }
}
