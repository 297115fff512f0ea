import Glibc
import Testing
import World

@Suite struct DescriptorWatchTests {
    /// Two ends of a connection.
    private static func pair() -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func aSocketIsReportedOnceSomethingIsThereToRead() async throws {
        let world = SystemWorld(), (near, far) = Self.pair()
        defer { close(near); close(far) }
        let interest = DescriptorWatch.Interest(near)
        #expect(try await DescriptorWatch.shared.wait(for: [interest], atMost: .milliseconds(20)).isEmpty)
        world.spawn("writer") {
            try? await world.sleep(for: .milliseconds(20))
            var byte: UInt8 = 7
            #expect(write(far, &byte, 1) == 1)
        }
        #expect(try await DescriptorWatch.shared.wait(for: [interest], atMost: .seconds(60)) == [interest])
    }

    @Test func ofSeveralThoseAreReportedThatAreReady() async throws {
        let (near, far) = Self.pair(), (idle, other) = Self.pair()
        defer { for end in [near, far, idle, other] { close(end) } }
        let interests = [DescriptorWatch.Interest(idle), DescriptorWatch.Interest(near, reading: true, writing: true)]
        let ready = try await DescriptorWatch.shared.wait(for: interests, atMost: .seconds(60))
        #expect(ready == [DescriptorWatch.Interest(near, reading: false, writing: true)])
    }

    @Test func manyWaitAtATimeAndEachIsAnswered() async throws {
        let pairs = (0..<100).map { _ in Self.pair() }
        defer { for pair in pairs { close(pair.0); close(pair.1) } }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (near, _) in pairs {
                group.addTask { try await !DescriptorWatch.shared.wait(for: [.init(near)], atMost: .seconds(60)).isEmpty }
            }
            for (_, far) in pairs.reversed() {
                var byte: UInt8 = 7
                #expect(write(far, &byte, 1) == 1)
            }
            for try await isReady in group { #expect(isReady) }
        }
    }

    @Test func aCancelledWaitEnds() async throws {
        let world = SystemWorld(), (near, far) = Self.pair()
        defer { close(near); close(far) }
        let waiting = world.spawn("waiting") {
            await #expect(throws: CancellationError.self) {
                try await DescriptorWatch.shared.wait(for: [.init(near)], atMost: .seconds(600))
            }
        }
        try await world.sleep(for: .milliseconds(20))
        waiting.cancel()
        await waiting.finished()
        let early = world.spawn("early") {
            withUnsafeCurrentTask { $0?.cancel() }
            await #expect(throws: CancellationError.self) {
                try await DescriptorWatch.shared.wait(for: [.init(near)], atMost: .seconds(600))
            }
        }
        await early.finished()
    }
}
