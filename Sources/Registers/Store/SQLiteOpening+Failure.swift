import GRDBSQLite
import Glibc
import World

extension SQLiteOpening {
    /// What went wrong at opening, in the words of whoever has to put it right.
    func failure(_ error: any Error) -> StoreOpenError {
        if let error = error as? StoreOpenError { return error }
        if let error = error as? FileError { return failure(error) }
        let trouble = SQLiteTrouble(error)
        // GRDB closes a connection that does not open, and the system's reason with it.
        if trouble.code & 0xFF == SQLITE_CANTOPEN, trouble.system == 0, let reason = unreadable() { return failure(reason) }
        let place = trouble.table.map { "table \($0): " } ?? ""
        return StoreOpenError(code(of: trouble), path, sentence(code(of: trouble), place + trouble.what))
    }

    /// The first file beside the database that belongs to it and cannot be read. The database itself was read before.
    private func unreadable() -> FileError? {
        let files = SystemFileSystem()
        for name in [path + "-wal", path + "-shm"] where files.exists(name) {
            do throws(FileError) {
                _ = try files.read(name)
            } catch {
                return error
            }
        }
        return nil
    }

    private func failure(_ error: FileError) -> StoreOpenError {
        let code: StoreOpenError.Code = switch error.code {
        case .permission: .permission
        case .noSpace: .full
        case .notFound, .isDirectory, .notDirectory, .notEmpty, .exists, .other: .io
        }
        return StoreOpenError(code, path, sentence(code, "\(error)"))
    }

    private func code(of trouble: SQLiteTrouble) -> StoreOpenError.Code {
        if trouble.code == 0 || trouble.code == SQLiteTrouble.brokenSeal { return .corrupt }
        if trouble.isFull { return .full }
        switch trouble.code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: return .locked
        case SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY: return .permission
        case SQLITE_NOTADB: return .foreign
        case SQLITE_CORRUPT: return .corrupt
        default: break
        }
        switch trouble.system {
        case EACCES, EPERM, EROFS: return .permission
        case ENOSPC, EDQUOT: return .full
        default: return .io
        }
    }

    private func sentence(_ code: StoreOpenError.Code, _ what: String) -> String {
        switch code {
        case .locked: "another process has this store open (\(what)); stop it, or give this node another data directory"
        case .permission: "this user may not read and write it (\(what)); give it to the user that runs the node"
        case .full: "the disk is full (\(what)); make room"
        case .foreign: "this is no database of this program (\(what)); give another path, or move the file away"
        case .newer: "a later release wrote this store (\(what)); run that release"
        case .corrupt:
            "the store is damaged (\(what)); if the disk is sound, move the file and what is named like it away and start as a new "
                + "store"
        case .io: "it cannot be opened (\(what)); its directory must be there, on a local file system"
        }
    }
}
