import Foundation
import GRDBSQLite
import Testing

/// Runs SQL on a file behind a store's back.
func rawSQL(_ path: String, _ sql: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var connection: OpaquePointer?
    defer { sqlite3_close(connection) }
    try #require(sqlite3_open(path, &connection) == SQLITE_OK, sourceLocation: sourceLocation)
    let code = sqlite3_exec(connection, sql, nil, nil, nil)
    try #require(code == SQLITE_OK, "\(String(cString: sqlite3_errmsg(connection)))", sourceLocation: sourceLocation)
}

/// The file's bytes.
func content(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }
