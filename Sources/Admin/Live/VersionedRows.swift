import JSONDocument

/// The rows of a table, each with the version of the picture in which it last changed, so that whoever knows any earlier version can be
/// told the difference. Nothing is kept of what rows were before: a reader who is behind misses intermediate states and gets the
/// newest.
struct VersionedRows<Key: Hashable & Comparable & Sendable, Value: Hashable & Sendable>: Sendable {
    /// Rows that have gone and are still known to have.
    static var goneKept: Int { 256 }

    private struct Row: Sendable {
        let value: Value
        let document: JSON
        let version: UInt64
    }

    private var rows: [Key: Row] = [:]
    private var gone: [(key: Key, version: UInt64)] = []
    /// The version of the latest disappearance that has been forgotten.
    private(set) var forgottenUpTo: UInt64 = 0

    /// Takes the table as it is now. Whether anything differs.
    /// - Parameters:
    ///   - version: of the picture that will hold the difference.
    ///   - render: makes the document of a row that is new or has changed.
    mutating func update(_ values: [(key: Key, value: Value)], version: UInt64, render: (Value) -> JSON) -> Bool {
        var next: [Key: Row] = [:]
        var hasChanged = false
        for (key, value) in values {
            if let known = rows[key], known.value == value {
                next[key] = known
            } else {
                next[key] = Row(value: value, document: render(value), version: version)
                hasChanged = true
            }
        }
        gone.removeAll { next[$0.key] != nil }
        for key in rows.keys.sorted() where next[key] == nil {
            gone.append((key, version))
            hasChanged = true
        }
        if gone.count > Self.goneKept {
            forgottenUpTo = gone[gone.count - Self.goneKept - 1].version
            gone.removeFirst(gone.count - Self.goneKept)
        }
        rows = next
        return hasChanged
    }

    /// The documents of rows that have changed after `version`, by key; all of them for version 0.
    func changed(since version: UInt64) -> [JSON] {
        rows.filter { $0.value.version > version }.sorted { $0.key < $1.key }.map(\.value.document)
    }

    /// The keys of rows that have gone after `version`, in the order in which they went.
    func gone(since version: UInt64) -> [Key] { gone.filter { $0.version > version }.map(\.key) }

    func value(_ key: Key) -> Value? { rows[key]?.value }
    var values: [Value] { rows.sorted { $0.key < $1.key }.map(\.value.value) }
}
