#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The types that have a format of their own, which is written and read without asking `encode(to:)` and `init(from:)`.
///
/// They are found by comparing a pointer with twenty others, which takes a few nanoseconds where a cast is a search
/// through the runtime's tables; and by one function that is not generic, because metadata that depends on a type
/// parameter is looked up anew at every call.
enum DirectType {
    case none
    case string, int, data, double, bool, bytes, uint64, int64, uint32, int32, uint16
    case int16, uint8, int8, uint, float, int128, uint128, date, url, decimal

    init(_ type: Any.Type) {
        if type == String.self { self = .string }
        else if type == Int.self { self = .int }
        else if type == Data.self { self = .data }
        else if type == Double.self { self = .double }
        else if type == Bool.self { self = .bool }
        else if type == [UInt8].self { self = .bytes }
        else if type == UInt64.self { self = .uint64 }
        else if type == Int64.self { self = .int64 }
        else if type == UInt32.self { self = .uint32 }
        else if type == Int32.self { self = .int32 }
        else if type == UInt16.self { self = .uint16 }
        else if type == Int16.self { self = .int16 }
        else if type == UInt8.self { self = .uint8 }
        else if type == Int8.self { self = .int8 }
        else if type == UInt.self { self = .uint }
        else if type == Float.self { self = .float }
        else if type == Int128.self { self = .int128 }
        else if type == UInt128.self { self = .uint128 }
        else if type == Date.self { self = .date }
        else if type == URL.self { self = .url }
        else if type == Decimal.self { self = .decimal }
        else { self = .none }
    }
}

/// `value`, seen as the type that it is.
@inline(__always) func same<T, U>(_ value: T, as type: U.Type) -> U {
    assert(T.self == U.self)
    return unsafeBitCast(value, to: type)
}
