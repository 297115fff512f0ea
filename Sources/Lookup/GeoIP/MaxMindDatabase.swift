import CLookup
import CMaxMindDB
import Glibc
import Logging
import Synchronization
import World

/// A database file of the MaxMind format, kept open, and read again when it has changed.
///
/// Whether it has is looked at with every question. A file that cannot be used changes nothing: what was read before it stays, and the
/// reason is told once to the log, to the metrics, and to whoever asks. So it does not matter how a file is replaced, by renaming another
/// over it or by writing into it; one that is half written is read again with its next change.
final class MaxMindDatabase: Sendable {
    /// What a file says of an address.
    struct Answer: Sendable {
        /// By path, as `location/latitude`; empty when the file does not know the address.
        let values: [String: Value]
        /// `GeoLite2-City` and the like, as the file calls itself.
        let type: String
        let builtAt: WallTime
        /// Why this is not from the file as it is now; `nil` when it is.
        let problem: String?
    }

    enum Value: Hashable, Sendable {
        case text(String)
        case whole(UInt64)
        /// What is negative or broken; any value at all, NaN among them.
        case number(Double)
    }

    /// What has become of the file so far.
    struct Standing: Sendable {
        /// Since 1970, of the database in use; `nil` when none is.
        var builtAtSeconds: Int64?
        var readings = 0
        var refusals = 0
        /// Why the file as it is now is not in use.
        var problem: String?
    }

    private struct State {
        var image: MaxMindImage?
        /// The file that could not be used, so that it is not tried again before it changes; `nil` inside for one that is not there.
        var refused: FileIdentity??
        var standing = Standing()
    }

    let path: String
    private let log: Logger
    private let state = Mutex(State())

    init(path: String, log: Logger) {
        self.path = path
        self.log = log
    }

    /// What the file says at `paths` of the address. Reads a file: not for an actor's thread.
    /// - Throws: ``LookupFailure`` when no database is in use, or the one that is turns out to be damaged.
    func find(_ address: IPAddress, _ paths: [String]) throws(LookupFailure) -> Answer {
        try state.withLock { state throws(LookupFailure) in
            refresh(&state, isTold: true)
            guard let image = state.image else { throw LookupFailure(state.standing.problem ?? "\(path) was not read", source: .node) }
            guard let values = image.find(address, paths) else {
                throw LookupFailure("the database \(path) is damaged where it tells of \(address)", source: .node)
            }
            return Answer(values: values, type: image.type, builtAt: image.builtAt, problem: state.standing.problem)
        }
    }

    /// How it stands with the file now. Reads it.
    /// - Parameter isTold: to the log, should it have changed.
    func look(isTold: Bool) -> Standing {
        state.withLock { state in
            refresh(&state, isTold: isTold)
            return state.standing
        }
    }

    /// How it stood when somebody last asked.
    var standing: Standing { state.withLock { $0.standing } }

    private func refresh(_ state: inout State, isTold: Bool) {
        let identity = FileIdentity(path)
        if let image = state.image, image.identity == identity {
            state.standing.problem = nil
            state.refused = nil
            return
        }
        if let refused = state.refused, refused == identity { return }
        do throws(MaxMindImage.Refusal) {
            let image = try MaxMindImage(path)
            state.image = image
            state.refused = nil
            state.standing.problem = nil
            state.standing.readings += 1
            state.standing.builtAtSeconds = image.builtAt.nanosecondsSince1970 / 1_000_000_000
            if isTold { log.notice("the GeoIP database \(path) was read: \(image.words)") }
        } catch {
            state.refused = .some(identity)
            state.standing.refusals += 1
            let rest = state.image.map { "; what was read before is used on: \($0.words)" } ?? ""
            let problem = "the database \(path) cannot be used: \(error.description)\(rest)"
            state.standing.problem = problem
            if isTold { log.warning("\(problem)") }
        }
    }
}
