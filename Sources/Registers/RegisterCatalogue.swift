import World

// LISTS OF REGISTERS
//
// No node knows all registers. So every store that lives is asked, and each names those of which it is the home, as it sees it: with all
// stores in agreement that names each register once. While they are not, a register may be named by two, of which the later version counts,
// or for a moment by nobody.
//
// Names are gone through from the last to the first. Those of work end in ids that begin with their time, so within a kind the newest comes
// first. A store goes as far as it has room and time, and says how far: it may have looked at ten thousand and found none that is asked
// for. Nothing may be shown beyond the point that all have come to, else a page would leave something out that the next does not make up
// for.

/// Which registers somebody wants to see.
public struct RegisterListing: Hashable, Sendable {
    public enum Which: Hashable, Sendable {
        case all
        /// Work that has not ended.
        case open
        /// Somebody had to look after it by then, milliseconds since 1970.
        case due(by: UInt64)
        /// It waits for an operator: see ``RegisterState/someday``.
        case someday
    }

    /// The part of the name before the slash, such as `order`; empty for all kinds that do something.
    public var kind: String
    public var which: Which
    /// Only names before this one; nil to begin with the last of all. One name is taken to be one register.
    public var before: [UInt8]?
    /// What each register is asked.
    public var query: [UInt8]
    /// 1 ... ``RegisterLimits/surveyedEntries``; other numbers count as the nearest of these.
    public var limit: Int

    public init(
        kind: String = "", which: Which = .all, before: [UInt8]? = nil, query: [UInt8] = [], limit: Int = RegisterLimits.surveyedEntries
    ) {
        self.kind = kind
        self.which = which
        self.before = before
        self.query = query
        self.limit = limit
    }

    /// Names from here on are of the kind.
    var start: [UInt8] { kind.isEmpty ? [] : Array("\(kind)/".utf8) }

    /// Names before this one are asked for; nil for all.
    var end: [UInt8]? {
        // Behind the slash comes the zero.
        let end = kind.isEmpty ? nil : Array("\(kind)0".utf8)
        guard let before, let end else { return before ?? end }
        return before.lexicographicallyPrecedes(end) ? before : end
    }

    func shows(_ state: RegisterState) -> Bool {
        switch which {
        case .all: true
        case .open: !state.isFinished
        case .due(let time): state.due.map { $0 <= time } ?? false
        case .someday: state.due == RegisterState.someday
        }
    }

    /// Where a store finds what may be asked for.
    var stages: [RegisterStage] {
        switch which {
        case .all: RegisterStage.allCases
        case .open, .due: [.open, .someday]
        case .someday: [.someday]
        }
    }
}

/// Registers of a mesh, the last name first.
public struct RegisterList: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let key: RegisterKey
        /// What its home knows of it, with an empty answer when that is too large for a list, or the register's machine does not take the
        /// query.
        public let glance: RegisterGlance
        /// The node that says so: the register's home.
        public let node: String

        public init(key: RegisterKey, glance: RegisterGlance, node: String) {
            self.key = key
            self.glance = glance
            self.node = node
        }
    }

    /// Names descending.
    public var entries: [Entry]
    /// Live nodes with a store that have not answered in time, sorted: what is theirs is not here.
    public var unheard: [String]
    /// Shards none of whose stores lives, as gossip tells: what lies there is not here either, and no node can be named for it.
    public var shardsWithoutStore: Int
    /// What comes next in ``RegisterListing/before``; nil at the end. A page may have fewer entries than were asked for, or none, and
    /// another behind it.
    public var next: [UInt8]?

    public init(entries: [Entry], unheard: [String] = [], shardsWithoutStore: Int = 0, next: [UInt8]? = nil) {
        self.entries = entries
        self.unheard = unheard
        self.shardsWithoutStore = shardsWithoutStore
        self.next = next
    }

    /// One page of what stores have named.
    package init(merging pages: [(node: String, page: RegisterPage)], limit: Int, unheard: [String], shardsWithoutStore: Int = 0) {
        // As far as all of them have looked.
        let floor = pages.compactMap(\.page.reached).max { $0.lexicographicallyPrecedes($1) }
        var found: [RegisterKey: Entry] = [:]
        for (node, page) in pages {
            for (key, glance) in page.entries {
                if let floor, key.bytes.lexicographicallyPrecedes(floor) { continue }
                if let other = found[key], other.glance.version >= glance.version { continue }
                found[key] = Entry(key: key, glance: glance, node: node)
            }
        }
        let sorted = found.values.sorted { RegisterKey.isNamedLater($0.key, than: $1.key) }
        entries = Array(sorted.prefix(limit))
        self.unheard = unheard.sorted()
        self.shardsWithoutStore = shardsWithoutStore
        next = sorted.count > entries.count ? entries.last?.key.bytes : floor
    }
}

/// Who lists the registers of a mesh.
public protocol RegisterCatalogue: Sendable {
    /// One page of the registers that the listing asks for.
    /// - Parameter patience: how long stores may take that do not answer.
    func list(_ listing: RegisterListing, patience: Duration) async -> RegisterList
}
