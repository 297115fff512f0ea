import World

/// The call targets that a node answers, sorted by name. A call names its target by the index in the callee's table.
///
/// Both ends of a session compare fingerprints in the handshake; only when they differ does the table travel.
public struct ContractTable: Hashable, Sendable {
    /// The names in ascending order of their UTF-8 bytes, each once.
    public let targets: [String]
    /// A hash over all names. Never 0, which in a handshake means "I have no table".
    public let fingerprint: UInt64
    private let indices: [String: UInt32]

    /// A table of `targets`, in any order.
    /// - Throws: when it could not travel in a handshake.
    public init(_ targets: some Sequence<String>) throws(ContractTableError) {
        let sorted = Set(targets).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard sorted.count <= WireLimits.targets else { throw .tooMany(sorted.count) }
        if let long = sorted.first(where: { $0.utf8.count > WireLimits.symbolBytes }) { throw .nameTooLong(long) }
        let bytes = sorted.reduce(0) { $0 + $1.utf8.count }
        guard bytes <= WireLimits.targetBytes else { throw .tooLarge(bytes: bytes) }
        self.targets = sorted
        fingerprint = Self.fingerprint(of: sorted)
        indices = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, UInt32($0)) })
    }

    /// A table that a peer sent; its order is the peer's. `nil` when a name comes twice.
    public init?(received targets: [String]) {
        var indices: [String: UInt32] = [:]
        for (index, name) in targets.enumerated() {
            guard indices.updateValue(UInt32(truncatingIfNeeded: index), forKey: name) == nil else { return nil }
        }
        self.targets = targets
        self.indices = indices
        fingerprint = Self.fingerprint(of: targets)
    }

    /// The index of a target in calls to the owner of the table.
    public func index(of target: String) -> UInt32? { indices[target] }

    /// The target that a call means by `index`.
    public subscript(index: UInt32) -> String? { index < targets.count ? targets[Int(index)] : nil }

    /// ``StableHash`` over the names' UTF-8, each followed by a zero byte.
    static func fingerprint(of targets: [String]) -> UInt64 {
        max(1, StableHash.hash(targets.lazy.map { Array($0.utf8) + [0] }.joined()))
    }

    public static func == (a: ContractTable, b: ContractTable) -> Bool { a.targets == b.targets }
    public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}

/// Why call targets make no ``ContractTable``.
public enum ContractTableError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More targets than ``WireLimits/targets``.
    case tooMany(Int)
    /// A name of more than ``WireLimits/symbolBytes`` bytes.
    case nameTooLong(String)
    /// The names have more than ``WireLimits/targetBytes`` bytes together.
    case tooLarge(bytes: Int)

    public var description: String {
        switch self {
        case .tooMany(let count):
            "the program has \(count) call targets and a table holds \(WireLimits.targets); let one function take what several do"
        case .nameTooLong(let name):
            "the name of the call target \(name) has \(name.utf8.count) bytes and may have \(WireLimits.symbolBytes); shorten it"
        case .tooLarge(let bytes):
            "the names of the call targets have \(bytes) bytes together and may have \(WireLimits.targetBytes), so that a handshake "
                + "can carry them; shorten the names of modules, types and functions, or let one function take what several do"
        }
    }
}
