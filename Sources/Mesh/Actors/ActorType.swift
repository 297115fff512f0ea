import Synchronization

/// The type of a distributed actor, by the name that means the same in every program that has it: Swift's mangled name,
/// which contains the module.
public struct ActorType: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The mangled name without its `$s`, such as `6Primes12PrimesWorkerC`.
    public let mangledName: String

    public init(mangledName: String) { self.mangledName = mangledName }

    public init(_ type: any Any.Type) {
        let key = ObjectIdentifier(type)
        mangledName = Self.names.withLock { names in
            if let known = names[key] { return known }
            // Every nominal type has a mangled name; one without could not be an actor.
            let name = _mangledTypeName(type) ?? String(reflecting: type)
            names[key] = name
            Self.shortNames.withLock { $0[name] = String(describing: type) }
            return name
        }
    }

    private static let names = Mutex<[ObjectIdentifier: String]>([:])
    /// What people call the types that this program has.
    private static let shortNames = Mutex<[String: String]>([:])

    /// Whether `target`, a mangled distributed function, is declared by this type.
    ///
    /// The runtime does not ask: it would run the function over the memory of any actor. See ``DeclaringType``.
    public func declares(target: String) -> Bool { DeclaringType.isDeclared(target, by: mangledName) }

    public static func < (a: ActorType, b: ActorType) -> Bool { a.mangledName < b.mangledName }

    /// The type's name for people: `PrimesWorker`. Of a type that this program does not have, the last part that can be read
    /// off the mangled name.
    public var description: String {
        if let known = Self.shortNames.withLock({ $0[mangledName] }) { return known }
        var rest = Substring(mangledName), name = Substring(mangledName)
        while let digitsEnd = rest.firstIndex(where: { !$0.isNumber }), digitsEnd != rest.startIndex,
            let length = Int(rest[..<digitsEnd]), length > 0, rest[digitsEnd...].count > length {
            name = rest[digitsEnd...].prefix(length)
            rest = rest[digitsEnd...].dropFirst(length).drop { $0 == "C" || $0 == "V" || $0 == "O" }
        }
        return String(name)
    }
}
