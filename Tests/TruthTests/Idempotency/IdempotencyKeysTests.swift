import Registers
import Testing
import Truth
import WorkTestSupport
import World

/// What a key leads to: one piece of work and one answer, for a day.
@Suite struct IdempotencyKeysTests {
    /// The beginning of an hour.
    private static let start = WallTime(millisecondsSince1970: 1_800_000_000_000)
    private static let request = [Array("POST".utf8), Array("/api/orders".utf8), Array("{}".utf8)]
    private let registers = MemoryRegisters(IdempotencyMachine(), now: start)
    private let keys: IdempotencyKeys

    init() { keys = IdempotencyKeys(engine: registers) }

    private static func name(_ key: String = "k", of holder: String = "") -> IdempotencyName { IdempotencyName(key: key, of: holder) }

    private func seed(_ number: UInt64, at time: WallTime? = nil) -> WorkID {
        WorkID(milliseconds: UInt64((time ?? registers.now).millisecondsSince1970), randomA: 0, randomB: number)
    }

    private func claim(
        _ name: IdempotencyName = name(), for request: [[UInt8]] = request, seed number: UInt64 = 1
    ) async throws(RegisterError) -> IdempotencyKeys.Claim {
        try await keys.claim(name, for: request, seed: seed(number), patience: .seconds(1))
    }

    private func wait(_ duration: Duration) { registers.now.nanosecondsSince1970 += duration.nanoseconds }

    @Test func theFirstSeedCountsForEverybody() async throws {
        #expect(try await claim(seed: 1).course == .open(seed: seed(1)))
        #expect(try await claim(seed: 2).course == .open(seed: seed(1)))
        #expect(registers.changes == 1, "who comes later writes nothing")
        let other = try await claim(Self.name("K"), seed: 3)
        #expect(other.course == .open(seed: seed(3)), "another key")
        #expect(try await claim(Self.name(of: "alice"), seed: 4).course == .open(seed: seed(4)), "the same key of somebody else")
        #expect(other.expires.millisecondsSince1970 == Self.start.millisecondsSince1970 + 24 * 3_600_000)
    }

    @Test func underTheMutationEveryClaimBeginsAnew() async throws {
        let keys = IdempotencyKeys(engine: MemoryRegisters(IdempotencyMachine(mutations: [.freshSeeds]), now: Self.start))
        for number in UInt64(1)...2 {
            let claim = try await keys.claim(Self.name(), for: Self.request, seed: seed(number), patience: .seconds(1))
            #expect(claim.course == .open(seed: seed(number)))
            #expect(try await keys.keep([1], of: claim, patience: .zero) == [1])
        }
    }

    @Test func theFirstAnswerCountsForEverybody() async throws {
        let first = try await claim(seed: 1), second = try await claim(seed: 2)
        #expect(try await keys.keep([1, 2], of: first, patience: .zero) == [1, 2])
        #expect(try await keys.keep([3], of: second, patience: .zero) == [1, 2])
        #expect(try await keys.keep([1, 2], of: first, patience: .zero) == [1, 2], "once more, after an answer that was lost")
        wait(.seconds(60))
        let late = try await claim(seed: 3)
        #expect(late.course == .answered([1, 2]) && late.expires == first.expires)
    }

    @Test(arguments: [
        ["GET", "/api/orders", "{}"], ["POST", "/api/lookup", "{}"], ["POST", "/api/orders", "{} "], ["POST", "/api/orders{}", ""],
    ])
    func anotherRequestIsToldThatTheKeyIsTaken(_ parts: [String]) async throws {
        let own = try await claim()
        let other = parts.map { Array($0.utf8) }
        #expect(try await claim(for: other).course == .otherRequest)
        _ = try await keys.keep([1], of: own, patience: .zero)
        #expect(try await claim(for: other).course == .otherRequest)
        #expect(try await claim().course == .answered([1]))
    }

    /// Whatever part of an hour it began in.
    @Test(arguments: [0, 1, 1_800, 3_599]) func aKeyIsKnownForADay(_ seconds: Int) async throws {
        wait(.seconds(seconds))
        let first = try await claim(seed: 1)
        _ = try await keys.keep([7], of: first, patience: .zero)
        for _ in 0..<24 {
            wait(.seconds(3_600) - .milliseconds(1))
            #expect(try await claim(seed: 2).course == .answered([7]))
        }
        wait(.milliseconds(24))
        let later = try await claim(seed: 3)
        #expect(later.course == .open(seed: seed(3)) && later.expires > first.expires)
        #expect(try await claim(seed: 4).course == .open(seed: seed(3)))
    }

    /// Another home has another clock: what it has begun in an hour that is to come is found.
    @Test func aKeyIsKnownWhicheverHomeHasTheFasterClock() async throws {
        wait(.seconds(5_400))
        let ahead = try await claim(seed: 1)
        _ = try await keys.keep([7], of: ahead, patience: .zero)
        wait(.seconds(-5_400))
        #expect(try await claim(seed: 2).course == .answered([7]))
    }

    @Test func rowsGoHourByHourWhenTheseHavePassedEverywhere() async throws {
        let name = Self.name(), hour = CreationHour(Self.start)
        _ = try await keys.keep([7], of: try await claim(name), patience: .zero)
        wait(.seconds(25 * 3_600))
        _ = try await claim(name, seed: 2)
        let key = try #require(registers.keys.first), machine = IdempotencyMachine()
        let hours = registers.rows(of: key).map { machine.hour(of: $0, in: key) }
        #expect(hours == [hour, CreationHour(number: hour.number + 25)], "the oldest comes first")
        registers.pass(hour)
        #expect(registers.rows(of: key).map { machine.hour(of: $0, in: key) } == [CreationHour(number: hour.number + 25)])
        #expect(try await claim(name, seed: 3).course == .open(seed: seed(2, at: registers.now)))
        #expect(!machine.isListed(key))
    }

    @Test func anHourThatHasPassedBeginsNothing() async throws {
        registers.pass(CreationHour(Self.start))
        let error = await #expect(throws: RegisterError.self) { _ = try await claim() }
        #expect(error?.code == .notNow && error?.sentence.contains("n1/1") == true && registers.changes == 0)
        wait(.seconds(3_600))
        #expect(try await claim().course == .open(seed: seed(1)))
    }

    /// Its seed could begin nothing, and would count for a day.
    @Test(arguments: [-3_601, 3_601]) func anEdgeWhoseClockIsFarOffClaimsNothing(_ seconds: Int64) async throws {
        let off = WallTime(millisecondsSince1970: Self.start.millisecondsSince1970 + seconds * 1_000)
        let error = await #expect(throws: RegisterError.self) {
            _ = try await keys.claim(Self.name(), for: Self.request, seed: seed(1, at: off), patience: .zero)
        }
        #expect(error?.code == .notNow && error?.sentence.contains("\(seconds) s off") == true)
        #expect(try await claim(seed: 2).course == .open(seed: seed(2)))
    }

    @Test func anHourHasRoomForSoManyBytesOfAnswers() async throws {
        let answer = [UInt8](repeating: 7, count: IdempotencyKeys.answerBytes)
        // Keys of one register, by trying.
        var names: [IdempotencyName] = [], bucket: [UInt8]?
        for number in 0..<200_000 where names.count < 400 {
            let name = Self.name("k\(number)"), register = name.register?.bytes
            bucket = bucket ?? register
            if register == bucket { names.append(name) }
        }
        var begun = 0, error: RegisterError?
        for name in names {
            do throws(RegisterError) {
                _ = try await keys.keep(answer, of: try await claim(name), patience: .zero)
                begun += 1
            } catch let failure {
                error = failure
                break
            }
        }
        #expect(begun == Int((IdempotencyMachine.hourBytes + UInt64(answer.count) - 1) / UInt64(answer.count)))
        #expect(error?.code == .notNow && error?.retryAfter != nil && error?.sentence.contains("no room") == true)
        #expect(try await claim(names[0]).course == .answered(answer), "what was begun is known")
        wait(.seconds(3_600))
        #expect(try await claim(names[begun]).course == .open(seed: seed(1)), "the next hour has room")
    }

    @Test func whatIsNoAnswerOfAClaimIsRefused() async throws {
        let claim = try await claim()
        for answer in [[], [UInt8](repeating: 7, count: IdempotencyKeys.answerBytes + 1)] as [[UInt8]] {
            let error = await #expect(throws: RegisterError.self) { _ = try await keys.keep(answer, of: claim, patience: .zero) }
            #expect(error?.code == .refused)
        }
        registers.pass(CreationHour(Self.start))
        let error = await #expect(throws: RegisterError.self) { _ = try await keys.keep([1], of: claim, patience: .zero) }
        #expect(error?.code == .refused && error?.sentence.contains("claimed") == true, "its row is gone")
        let key = try #require(RegisterKey("idempotency/0"))
        for command in [[], [9], [0, 1], [1]] as [[UInt8]] {
            let error = await #expect(throws: RegisterError.self) {
                _ = try await registers.change(key, operation: nil, command: command, patience: .zero)
            }
            #expect(error?.code == .refused)
        }
    }

    @Test func withoutAMajorityNothingIsKnown() async throws {
        registers.silence(.unknown)
        let error = await #expect(throws: RegisterError.self) { _ = try await claim() }
        #expect(error?.code == .noMajority)
        registers.silence(nil)
        #expect(try await claim(seed: 2).course == .open(seed: seed(2)))
    }

    @Test func keysAreSpreadOverAllRegisters() async throws {
        for number in 0..<4_096 { _ = try await claim(Self.name("k\(number)")) }
        #expect(registers.keys.count == IdempotencyMachine.buckets)
        #expect(registers.keys.allSatisfy { $0.description.hasPrefix("idempotency/") && $0.hour == nil })
    }
}
