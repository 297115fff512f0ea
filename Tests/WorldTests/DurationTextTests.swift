import Testing
import World

@Suite struct DurationTextTests {
    @Test(arguments: [
        (Duration.nanoseconds(0), "0 ns"), (.nanoseconds(999), "999 ns"), (.nanoseconds(1_000), "1.0 us"),
        (.nanoseconds(9_999), "9.9 us"), (.nanoseconds(10_000), "10 us"), (.microseconds(999), "999 us"),
        (.milliseconds(1), "1.0 ms"), (.microseconds(9_999), "9.9 ms"), (.milliseconds(412), "412 ms"),
        (.milliseconds(1_000), "1.0 s"), (.milliseconds(59_999), "59.9 s"), (.seconds(60), "1 min 00 s"),
        (.seconds(184), "3 min 04 s"), (.seconds(3_599), "59 min 59 s"), (.seconds(7_500), "2 h 05 min"),
        (.seconds(86_400 * 3 + 3_600 * 4), "3 d 04 h"), (.seconds(-5), "0 ns"),
    ])
    func aDurationIsReadWithTheDigitsThatMatter(duration: Duration, text: String) {
        #expect(DurationText.short(duration) == text)
    }
}

@Suite struct NumberTextTests {
    @Test func aFixedNumberRoundsAndKeepsItsZeros() {
        #expect(NumberText.fixed(0, digits: 2) == "0.00")
        #expect(NumberText.fixed(0.005, digits: 2) == "0.01")
        #expect(NumberText.fixed(12.345, digits: 1) == "12.3")
        #expect(NumberText.fixed(-1.5, digits: 0) == "-2")
        #expect(NumberText.fixed(-0.001, digits: 2) == "0.00")
        #expect(NumberText.fixed(.infinity, digits: 2) == "-")
    }

    @Test func digitsAreGroupedByThree() {
        #expect(NumberText.grouped(0) == "0")
        #expect(NumberText.grouped(999) == "999")
        #expect(NumberText.grouped(50_847_534) == "50,847,534")
        #expect(NumberText.grouped(.max) == "18,446,744,073,709,551,615")
    }

    @Test func aShareOfNothingIsNoNumber() {
        #expect(NumberText.share(1, of: 3) == "33.3 %")
        #expect(NumberText.share(0, of: 0) == "-")
    }
}
