import JSONDocument

/// What the cache of a node had to do with an outcome, when the service was answered. The words are those of RFC 9211.
public struct CacheUse: Codable, Hashable, Sendable {
    public enum Way: String, Codable, Hashable, Sendable {
        /// It was kept from an earlier lookup.
        case hit
        /// Nothing was kept, or no longer.
        case miss
        /// Nothing that was kept was wanted.
        case request
        /// The node keeps nothing.
        case bypass
    }

    public let way: Way
    /// It shared the lookup of another order, which had begun it.
    public let isJoined: Bool
    /// It was put with what is kept; always so for a hit.
    public let isStored: Bool
    /// For how long it had been kept, in whole seconds; 0 unless it was a hit.
    public let ageSeconds: Int
    /// For how long it was still to be kept, in whole seconds; nil when it was not kept.
    public let ttlSeconds: Int?

    /// Kept from an earlier lookup.
    public static func hit(age: Duration, left: Duration) -> CacheUse {
        CacheUse(.hit, isJoined: false, isStored: true, ageSeconds: Self.seconds(age), ttlSeconds: Self.seconds(left))
    }

    /// Looked up.
    /// - Parameter kept: for how long it is kept; nil when it is not.
    public static func lookedUp(_ way: Way, isJoined: Bool = false, kept: Duration?) -> CacheUse {
        CacheUse(way, isJoined: isJoined, isStored: kept != nil, ageSeconds: 0, ttlSeconds: kept.map { Self.seconds($0) })
    }

    init(_ way: Way, isJoined: Bool, isStored: Bool, ageSeconds: Int, ttlSeconds: Int?) {
        self.way = way
        self.isJoined = isJoined
        self.isStored = isStored
        self.ageSeconds = ageSeconds
        self.ttlSeconds = ttlSeconds
    }

    private static func seconds(_ duration: Duration) -> Int { Int(clamping: duration.components.seconds) }
}

extension CacheUse {
    /// As it lies in a file.
    var json: JSON {
        [
            "way": .string(way.rawValue), "joined": .bool(isJoined), "stored": .bool(isStored), "ageSeconds": .number(ageSeconds),
            "ttlSeconds": ttlSeconds.map { .number($0) } ?? .null,
        ]
    }

    init?(_ json: JSON) {
        guard let way = json["way"]?.string.flatMap({ Way(rawValue: $0) }), case .bool(let isJoined)? = json["joined"],
            case .bool(let isStored)? = json["stored"], let ageSeconds = json["ageSeconds"]?.integer()
        else { return nil }
        self.init(way, isJoined: isJoined, isStored: isStored, ageSeconds: ageSeconds, ttlSeconds: json["ttlSeconds"]?.integer())
    }
}
