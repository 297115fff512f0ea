import Registers
import World

/// Short names for what tables of the protocol are made of.
enum Sample {
    static func store(_ number: Int) -> StoreID { StoreID(high: 0, low: UInt64(number)) }

    static func ballot(_ counter: UInt64, of store: Int = 1) -> Ballot {
        Ballot(counter: counter, store: Self.store(store), life: 1)
    }

    /// The `number`th version, accepted under the ballot of this counter.
    static func version(_ number: UInt64, _ counter: UInt64) -> RegisterVersion {
        number == 0 ? .none : RegisterVersion(number: number, ballot: ballot(counter))
    }

    static func state(_ byte: UInt8, isFinished: Bool = false) -> RegisterState {
        RegisterState(bytes: [byte], isFinished: isFinished)
    }

    /// A change to the state `byte`, with a row that tells it.
    static func change(_ byte: UInt8, on base: RegisterVersion, under counter: UInt64) -> RegisterDelta {
        RegisterDelta(base: base, ballot: ballot(counter), state: state(byte), rows: [row(byte, byte)])
    }

    /// A machine's row.
    static func row(_ key: UInt8, _ value: UInt8) -> RegisterRow { RegisterRow(key: [2, key], value: [value]) }
}
