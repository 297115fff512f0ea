import Choreography
import Testing
import Truth
import World

@Suite struct WorkCallsTests {
    private static let part = WorkDispatcher.Assignment(
        ActorName("clerk", of: WorkID(milliseconds: 1, randomA: 0, randomB: 1)), work: "count", part: "p",
        on: NodeIdentity(name: "n2", life: 1))

    @Test func aCallEndsOnce() {
        var calls = WorkCalls<String>()
        var first: UInt64 = 0
        calls.begin(Self.part) { number in
            first = number
            return "first"
        }
        #expect(calls.end(Self.part, number: first) == true)
        #expect(calls.end(Self.part, number: first) == false)
        #expect(calls.callOff(Self.part) == nil)
    }

    /// It was called off when it was on its way back already, and the part was given to the same node once more.
    @Test func aCallThatWasCalledOffDoesNotEndItsSuccessor() {
        var calls = WorkCalls<String>()
        var numbers: [UInt64] = []
        func begin(_ call: String) {
            calls.begin(Self.part) { number in
                numbers.append(number)
                return call
            }
        }
        begin("first")
        #expect(calls.callOff(Self.part) == "first")
        begin("second")
        #expect(numbers[0] != numbers[1])
        #expect(calls.end(Self.part, number: numbers[0]) == false, "it is not what is waited for")
        #expect(calls.end(Self.part, number: numbers[1]) == true, "and the other is still under way")
    }
}
