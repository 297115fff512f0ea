import Registers
import World

extension IdempotencyKeys {
    /// How long it may take to claim a key, and to keep an answer. What is done in between has to fit beside it into the request's deadline.
    private static let claimPatience = Duration.seconds(3), keepPatience = Duration.seconds(1)

    /// What a request under a key has come to.
    public enum Outcome<Answer> {
        /// It was done by this call. The answer counts, or is of a sort that is not kept, or could not be kept: it is true all the same, and
        /// whoever asks again has the same work found, or done.
        case done(Answer)
        /// Another call has done it earlier, and its answer counts.
        case before(Answer)
        /// The key belongs to another request.
        case otherRequest(Claim)
        /// Nobody has said whose the key is. Whether it was claimed or not, nothing was done of the request.
        case unclaimed(RegisterError)
    }

    /// Does a request under a key: claims the key, has done what nobody has answered yet, and keeps the answer; the first one counts.
    /// - Parameters:
    ///   - request: all that makes it another one when it differs.
    ///   - seed: a new id, which counts if nobody was there before.
    ///   - claimed: is told of the claim, whatever its course is, before anything is done.
    ///   - perform: does the request, and makes the ids of new work from the series, which is the same one for every call.
    ///   - pack: the bytes of an answer, at most ``answerBytes`` and at least one; nil for an answer that is not kept.
    ///   - read: an answer from its bytes.
    /// - Throws: what `perform`, `pack` or `read` throws; nothing is kept then.
    public func once<Answer>(
        _ name: IdempotencyName, for request: [[UInt8]], seed: WorkID, claimed: (Claim) -> Void = { _ in },
        perform: (WorkIDSeries) async throws -> Answer, pack: (Answer) async throws -> [UInt8]?, read: ([UInt8]) throws -> Answer
    ) async rethrows -> Outcome<Answer> {
        let claim: Claim
        do throws(RegisterError) {
            claim = try await self.claim(name, for: request, seed: seed, patience: Self.claimPatience)
        } catch {
            return .unclaimed(error)
        }
        claimed(claim)
        switch claim.course {
        case .answered(let bytes): return .before(try read(bytes))
        case .otherRequest: return .otherRequest(claim)
        case .open(let seed):
            let answer = try await perform(WorkIDSeries(from: seed))
            guard let bytes = try await pack(answer) else { return .done(answer) }
            let first: [UInt8]
            do throws(RegisterError) { first = try await keep(bytes, of: claim, patience: Self.keepPatience) } catch {
                return .done(answer)
            }
            return first == bytes ? .done(answer) : .before(try read(first))
        }
    }
}
