import Registers
import World

/// The keys by which requests are known again, as an edge reaches them; see ``IdempotencyMachine``.
public struct IdempotencyKeys: Sendable {
    /// Bytes of an answer that can be kept: it has to fit into a row and into a command.
    public static let answerBytes = 48 << 10

    private let engine: any RegisterEngine

    public init(engine: any RegisterEngine) { self.engine = engine }

    /// What came of a claim.
    public struct Claim: Sendable {
        public enum Course: Sendable, Hashable {
            /// Nobody has answered the request yet. It is to be done under ids that follow from this one.
            case open(seed: WorkID)
            case answered([UInt8])
            /// The key belongs to another request.
            case otherRequest
        }

        public let course: Course
        /// Until when the key is known.
        public let expires: WallTime
        fileprivate let name: IdempotencyName
        fileprivate let hour: CreationHour
    }

    /// Claims a key for a request.
    /// - Parameters:
    ///   - request: all that makes it another one when it differs.
    ///   - seed: a new id, which counts if nobody was there before.
    /// - Throws: when no majority answers; the key may be claimed all the same, which does no harm.
    public func claim(
        _ name: IdempotencyName, for request: [[UInt8]], seed: WorkID, patience: Duration
    ) async throws(RegisterError) -> Claim {
        let command = IdempotencyCommand.claim(name, request: IdempotencyName.digest(request), seed: seed)
        let answer = try await engine.change(try Self.register(of: name), operation: nil, command: command.packed, patience: patience)
        let standing: IdempotencyStanding
        do { standing = try IdempotencyStanding(packed: answer) } catch { throw Self.unreadable(error) }
        let course: Claim.Course = switch standing.course {
        case .open: .open(seed: standing.seed)
        case .answered: .answered(try await answerKept(name, standing.hour, patience))
        case .otherRequest: .otherRequest
        }
        let expires = WallTime(millisecondsSince1970: standing.firstMs + IdempotencyMachine.kept.milliseconds)
        return Claim(course: course, expires: expires, name: name, hour: standing.hour)
    }

    /// Hands in the answer to a request whose claim is open.
    /// - Parameter answer: at most ``answerBytes``, at least one.
    /// - Returns: the one that counts: this, or that of somebody who was earlier.
    public func keep(_ answer: [UInt8], of claim: Claim, patience: Duration) async throws(RegisterError) -> [UInt8] {
        guard case .open(let seed) = claim.course else { throw RegisterError(.refused, .failed, "the key has its answer, or none is due") }
        let command = IdempotencyCommand.keep(claim.hour, claim.name, seed: seed, answer: answer)
        let first = try await engine.change(
            try Self.register(of: claim.name), operation: nil, command: command.packed, patience: patience)
        return first == [1] ? answer : try await answerKept(claim.name, claim.hour, patience)
    }

    private func answerKept(_ name: IdempotencyName, _ hour: CreationHour, _ patience: Duration) async throws(RegisterError) -> [UInt8] {
        let answer = try await engine.read(try Self.register(of: name), query: IdempotencyMachine.row(hour, name), patience: patience)
        // Between the two questions its hour has been freed.
        if answer.isEmpty { throw RegisterError(.expired, .failed, "the answer of this key is kept no longer", retryAfter: .seconds(1)) }
        return answer
    }

    private static func register(of name: IdempotencyName) throws(RegisterError) -> RegisterKey {
        guard let key = name.register else { throw RegisterError(.refused, .failed, "a key has no register") }
        return key
    }

    private static func unreadable(_ error: any Error) -> RegisterError {
        RegisterError(.refused, .failed, "what the register of a key has answered cannot be read: \(error)")
    }
}
