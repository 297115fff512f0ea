/// The tables of a store's database.
public enum StoreTable: UInt8, Hashable, Sendable, CaseIterable {
    /// Id, life, commit number.
    case meta = 1
    /// Which register has which number.
    case names = 2
    case records = 3
    case rows = 4
    /// What ranges of a large register's rows have changed when.
    case spans = 5
    /// Registers that were removed, and whose rows are not all gone yet.
    case leftovers = 6
    case witnesses = 7
    case horizons = 8
}

/// A store's file does not say what was written to it, or cannot be read or written. Its process has to end.
public struct StoreDamage: Error, Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// Nil when the whole file is meant.
    public let table: StoreTable?
    /// What was found.
    public let what: String

    public init(file: String, table: StoreTable?, what: String) {
        self.file = file
        self.table = table
        self.what = what
    }

    public var description: String {
        let place = table.map { "\(file), table \($0)" } ?? file
        return "the store \(place): \(what). A store that may have lost something must not vote, so its process ends. If the disk "
            + "is sound, start again; if that ends the same way, move \(file) and what is named like it away and start as a new "
            + "store"
    }
}

/// Why a store was not opened. Nothing was changed that is not this program's.
public struct StoreOpenError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Another process has it open.
        case locked
        /// This user may not read or write the file or its directory.
        case permission
        /// There is no room for the few bytes that opening writes.
        case full
        /// The file is not a store of this program.
        case foreign
        /// A later release wrote it.
        case newer
        /// It is a store of this program, but damaged.
        case corrupt
        /// Anything else that the system says.
        case io
    }

    public let code: Code
    public let file: String
    /// What is wrong, with the value and the remedy.
    public let sentence: String

    public init(_ code: Code, _ file: String, _ sentence: String) {
        self.code = code
        self.file = file
        self.sentence = sentence
    }

    public var description: String { "\(file): \(sentence) (\(code.rawValue))" }
}
