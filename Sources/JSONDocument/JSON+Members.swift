extension JSON {
    /// The value with one member for each key, at all depths: of several whose keys differ in nothing but the case of ASCII letters, the
    /// last, in the place of the first. So a request that says something twice is read in one way only, whoever looks at it.
    public var withoutRepeatedKeys: JSON {
        switch self {
        case .object(let members):
            var kept: [Member] = [], places: [String: Int] = [:]
            for member in members {
                let last = Member(member.key, member.value.withoutRepeatedKeys), key = member.key.asciiLowercased
                if let place = places[key] {
                    kept[place] = last
                } else {
                    places[key] = kept.count
                    kept.append(last)
                }
            }
            return .object(kept)
        case .array(let elements): return .array(elements.map(\.withoutRepeatedKeys))
        case .null, .bool, .number, .string: return self
        }
    }
}
