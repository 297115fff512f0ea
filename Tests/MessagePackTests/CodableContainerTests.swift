import Foundation
import MessagePack
import Testing

/// Uses every way there is to make a container, and writes to them in turns.
private struct Interleaved: Codable, Equatable {
    enum Keys: String, CodingKey { case map, list, last, own, empty }

    init() {}

    func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Keys.self)
        var map = outer.nestedContainer(keyedBy: Keys.self, forKey: .map)
        var list = outer.nestedUnkeyedContainer(forKey: .list)
        for round in 0..<20 {
            try list.encode(round)
            if round == 3 { try map.encode("in between", forKey: .list) }
            if round == 5 {
                var inner = list.nestedContainer(keyedBy: Keys.self)
                try inner.encode(["deep": [1, 2]], forKey: .map)
                var more = list.nestedUnkeyedContainer()
                try more.encodeNil()
                try list.encode("after")
                try more.encode(true)
            }
        }
        try outer.encode(1.5, forKey: .last)
        try "a super value".encode(to: outer.superEncoder())
        try [1, 2].encode(to: outer.superEncoder(forKey: .own))
        _ = outer.superEncoder(forKey: .empty)
        try map.encode(9, forKey: .last)
        try 5.encode(to: list.superEncoder())
    }

    init(from decoder: any Decoder) throws {
        let outer = try decoder.container(keyedBy: Keys.self)
        let map = try outer.nestedContainer(keyedBy: Keys.self, forKey: .map)
        #expect(try map.decode(Int.self, forKey: .last) == 9)
        #expect(try map.decode(String.self, forKey: .list) == "in between")
        #expect(Set(map.allKeys) == [.last, .list])
        var list = try outer.nestedUnkeyedContainer(forKey: .list)
        #expect(list.count == 24)
        for round in 0..<20 {
            #expect(try list.decode(Int.self) == round)
            if round == 5 {
                let inner = try list.nestedContainer(keyedBy: Keys.self)
                #expect(try inner.decode([String: [Int]].self, forKey: .map) == ["deep": [1, 2]])
                var more = try list.nestedUnkeyedContainer()
                #expect(try list.decode(String.self) == "after")
                #expect(try more.decodeNil())
                #expect(try more.decode(Bool.self))
                #expect(more.isAtEnd)
            }
        }
        #expect(try Int(from: list.superDecoder()) == 5)
        #expect(list.isAtEnd)
        #expect(try outer.decode(Double.self, forKey: .last) == 1.5)
        #expect(try String(from: outer.superDecoder()) == "a super value")
        #expect(try [Int](from: outer.superDecoder(forKey: .own)) == [1, 2])
        #expect(try outer.decode([String: Int].self, forKey: .empty).isEmpty)
        #expect(outer.codingPath.count == decoder.codingPath.count)
        #expect(map.codingPath.map(\.stringValue) == decoder.codingPath.map(\.stringValue) + ["map"])
    }
}

private class Animal: Codable {
    var legs = 4
    init() {}
}

private final class Dog: Animal {
    enum Keys: CodingKey { case name }
    var name = "Rex"
    override init() { super.init() }
    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        try super.init(from: container.superDecoder())
        name = try container.decode(String.self, forKey: .name)
    }
    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try super.encode(to: container.superEncoder())
        try container.encode(name, forKey: .name)
    }
}

/// Keeps its container and writes to it when it is too late.
private struct Late: Encodable {
    final class Shelf { var container: (any UnkeyedEncodingContainer)? }
    let shelf = Shelf()

    func encode(to encoder: any Encoder) throws {
        var outer = encoder.unkeyedContainer()
        try outer.encode(Keeping(shelf: shelf))
        try shelf.container?.encode(1)
    }

    struct Keeping: Encodable {
        let shelf: Shelf
        func encode(to encoder: any Encoder) throws { shelf.container = encoder.unkeyedContainer() }
    }
}

private struct Misuse: Encodable {
    let body: @Sendable (any Encoder) throws -> Void
    func encode(to encoder: any Encoder) throws { try body(encoder) }
}

@Suite struct CodableContainerTests {
    @Test func nestedContainersMayBeWrittenInTurns() throws {
        _ = try roundTrip(Interleaved())
        _ = try roundTrip([["a": Interleaved()], ["b": Interleaved()]])
    }

    @Test func aClassWritesItsSuperclassUnderSuper() throws {
        let dog = Dog()
        dog.legs = 3
        let (decoded, bytes) = try roundTrip(dog)
        #expect(decoded.legs == 3)
        #expect(decoded.name == "Rex")
        #expect(bytes == "82a5737570657281a46c65677303a46e616d65a3526578")
    }

    @Test func oneValueMayAskForItsContainerTwice() throws {
        let bytes = try MessagePackEncoder().encode(Misuse { encoder in
            var one = encoder.unkeyedContainer()
            try one.encode(1)
            var two = encoder.unkeyedContainer()
            #expect(two.count == 1)
            try two.encode(2)
            try one.encode(3)
        })
        #expect(bytes == [0x93, 1, 2, 3])
    }

    @Test func aValueThatWritesNothingIsAnEmptyMap() throws {
        #expect(try MessagePackEncoder().encode(Misuse { _ in }) == [0x80])
        #expect(try MessagePackEncoder().encode([Misuse { _ in }]) == [0x91, 0x80])
    }

    @Test func misuseOfContainersIsAnErrorAndNoTrap() {
        #expect(throws: EncodingError.self) { try MessagePackEncoder().encode(Late()) }
        let misuses: [@Sendable (any Encoder) throws -> Void] = [
            { encoder in
                var single = encoder.singleValueContainer()
                try single.encode(1)
                try single.encode(2)
            },
            { encoder in
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var map = encoder.container(keyedBy: AnyKey.self)
                try map.encode(1, forKey: AnyKey("a"))
            },
            { encoder in
                _ = encoder.unkeyedContainer()
                var map = encoder.container(keyedBy: AnyKey.self)
                var nested = map.nestedUnkeyedContainer(forKey: AnyKey("a"))
                try nested.encode(1)
            },
            { encoder in
                var single = encoder.singleValueContainer()
                try single.encode(1)
                var list = encoder.unkeyedContainer()
                try list.encode("x")
            },
        ]
        for misuse in misuses {
            #expect(throws: EncodingError.self) { try MessagePackEncoder().encode([Misuse(body: misuse)]) }
        }
    }

    @Test func whatCannotBeEncodedSaysWhere() throws {
        struct Inner: Encodable { var when: [Date] }
        for bad in [Double.nan, .infinity, -.infinity, 1e300] {
            let error = #expect(throws: EncodingError.self) {
                try MessagePackEncoder().encode(["in": Inner(when: [.now(), Date(timeIntervalSinceReferenceDate: bad)])])
            }
            guard case .invalidValue(_, let context) = error else { Issue.record("no error"); continue }
            #expect(context.codingPath.map(\.stringValue) == ["in", "when", "Index 1"])
        }
    }

    @Test func theDepthLimitHoldsBothWays() throws {
        let nest = Nest.deep(64)
        let bytes = try MessagePackEncoder().encode(nest)
        #expect(bytes == [UInt8](repeating: 0x91, count: 63) + [0x90])
        #expect(try MessagePackDecoder().decode(Nest.self, from: bytes) == nest)
        #expect(throws: EncodingError.self) { try MessagePackEncoder().encode(Nest.deep(65)) }

        var encoder = MessagePackEncoder()
        encoder.maxDepth = 200
        let deep = try encoder.encode(Nest.deep(200))
        let error = #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Nest.self, from: deep) }
        #expect(underlying(error)?.code == .tooDeep(limit: 64))
        var decoder = MessagePackDecoder()
        decoder.maxDepth = 200
        #expect(try decoder.decode(Nest.self, from: deep) == Nest.deep(200))
    }
}

extension Date {
    static func now() -> Date { Date(timeIntervalSinceReferenceDate: 8e8) }
}

/// A list in a list in a list.
struct Nest: Codable, Equatable {
    var inside: [Nest]

    static func deep(_ depth: Int) -> Nest { Nest(inside: depth <= 1 ? [] : [deep(depth - 1)]) }

    init(inside: [Nest]) { self.inside = inside }

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        inside = []
        while !container.isAtEnd { inside.append(try container.decode(Nest.self)) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for one in inside { try container.encode(one) }
    }
}

struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int?
    init(_ text: String) { (stringValue, intValue) = (text, nil) }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { (stringValue, self.intValue) = (String(intValue), intValue) }
}

func underlying(_ error: DecodingError?) -> MessagePackError? {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context.underlyingError as? MessagePackError
    default: nil
    }
}
