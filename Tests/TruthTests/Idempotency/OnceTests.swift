import Registers
import Testing
import Truth
import WorkTestSupport
import World

/// What a request under a key comes to, whoever has had it in hand before.
@Suite struct OnceTests {
    private static let start = WallTime(millisecondsSince1970: 1_800_000_000_000)
    private static let name = IdempotencyName(key: "k", of: "")
    private static let request = [Array("POST".utf8), Array("/api/orders".utf8), Array("{}".utf8)]

    private struct Broken: Error {}

    private let registers = MemoryRegisters(IdempotencyMachine(), now: start)

    private static func seed(_ number: UInt64) -> WorkID {
        WorkID(milliseconds: UInt64(start.millisecondsSince1970), randomA: 0, randomB: number)
    }

    /// Does a request whose answer is a text, which is kept unless it is empty. A name for what came of it, with the answer.
    private func once(
        _ request: [[UInt8]] = request, seed number: UInt64 = 1, perform: (WorkID) async throws -> String
    ) async throws -> String {
        let outcome = try await IdempotencyKeys(engine: registers).once(
            Self.name, for: request, seed: Self.seed(number), perform: { try await perform($0.next()) },
            pack: { $0.isEmpty ? nil : Array($0.utf8) }, read: { String(decoding: $0, as: UTF8.self) })
        return switch outcome {
        case .done(let answer): "done \(answer)"
        case .before(let answer): "before \(answer)"
        case .otherRequest: "other"
        case .unclaimed(let error): "unclaimed \(error.code.rawValue)"
        }
    }

    @Test func whatIsAnsweredIsNotDoneAgain() async throws {
        #expect(try await once { _ in "a" } == "done a")
        let again = try await once(seed: 2) { _ in
            Issue.record("it was done again")
            return "b"
        }
        #expect(again == "before a")
        let other = try await once([[1]], seed: 3) { _ in
            Issue.record("another request was done under its key")
            return "c"
        }
        #expect(other == "other")
    }

    @Test func whatIsNotKeptIsDoneAgainUnderTheSameIDs() async throws {
        var ids: [WorkID] = []
        for number in UInt64(1)...2 {
            let told = try await once(seed: number) { id in
                ids.append(id)
                return ""
            }
            #expect(told == "done ")
        }
        await #expect(throws: Broken.self) {
            _ = try await once(seed: 3) { id in
                ids.append(id)
                throw Broken()
            }
        }
        #expect(ids.count == 3 && Set(ids).count == 1)
        #expect(try await once(seed: 4) { _ in "a" } == "done a", "nothing was kept")
    }

    @Test func ofTwoAtOnceTheFirstAnswerCounts() async throws {
        let slow = try await once { _ in
            let fast = try await once(seed: 2) { _ in "b" }
            #expect(fast == "done b")
            return "a"
        }
        #expect(slow == "before b")
        #expect(try await once(seed: 3) { _ in "c" } == "before b")
    }

    @Test func whatCannotBeKeptIsTrueAllTheSame() async throws {
        let told = try await once { _ in
            registers.silence(.failed)
            return "a"
        }
        #expect(told == "done a")
        registers.silence(nil)
        #expect(try await once(seed: 2) { _ in "b" } == "done b", "the answer was not kept")
    }

    @Test func withoutAClaimNothingIsDone() async throws {
        registers.silence(.unknown)
        let told = try await once { _ in
            Issue.record("it was done without a claim")
            return "a"
        }
        #expect(told == "unclaimed \(RegisterError.Code.noMajority.rawValue)")
    }

    @Test func aClaimIsToldOfBeforeAnythingIsDone() async throws {
        var told: [String] = []
        for number in UInt64(1)...2 {
            _ = await IdempotencyKeys(engine: registers).once(
                Self.name, for: Self.request, seed: Self.seed(number),
                claimed: { told.append("until \($0.expires.millisecondsSince1970 - Self.start.millisecondsSince1970)") },
                perform: { _ in
                    told.append("done")
                    return [UInt8(1)]
                },
                pack: { $0 }, read: { $0 })
        }
        #expect(told == ["until 86400000", "done", "until 86400000"])
    }
}
