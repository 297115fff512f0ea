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
