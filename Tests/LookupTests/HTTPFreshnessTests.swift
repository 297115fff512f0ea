import Lookup
import Testing
import World

/// What HTTP says of times.
@Suite struct HTTPFreshnessTests {
    private static let now = WallTime(millisecondsSince1970: 784_111_777_000)

    private static func read(
        _ control: String? = nil, expires: String? = nil, date: String? = nil, age: String? = nil
    ) -> HTTPFreshness {
        HTTPFreshness(cacheControl: control, expires: expires, date: date, age: age, now: now)
    }

    @Test func anAnswerHoldsForAsLongAsItSays() {
        #expect(Self.read() == .unsaid && Self.read("public") == .unsaid)
        #expect(Self.read("max-age=60") == .lasts(.seconds(60)))
        #expect(Self.read("public, MAX-AGE=\"3600\" , must-revalidate") == .lasts(.seconds(3_600)))
        #expect(Self.read("max-age=60, s-maxage=90") == .lasts(.seconds(90)), "what is shared has an age of its own")
        #expect(Self.read("max-age=60", age: "45") == .lasts(.seconds(15)))
        #expect(Self.read("max-age=60", age: "61") == .lasts(.zero))
        #expect(Self.read("max-age=99999999999999999999") == .lasts(.seconds(999_999_999)))
        #expect(Self.read("max-age=-1") == .unsaid && Self.read("max-age=soon") == .unsaid)
        for text in ["no-store", "No-Cache", "max-age=60, private", "no-store, max-age=60"] {
            #expect(Self.read(text) == .forbidden, "\(text)")
        }
        #expect(Self.read("no-cache=\"Set-Cookie\", max-age=60") == .lasts(.seconds(60)))
    }

    @Test func aDateCountsFromTheServersOwnClock() {
        let (sent, until) = ("Sun, 06 Nov 1994 08:00:00 GMT", "Sun, 06 Nov 1994 09:00:00 GMT")
        #expect(Self.read(expires: until, date: sent) == .lasts(.seconds(3_600)))
        #expect(Self.read(expires: until) == .lasts(.seconds(623)), "this node's where the server tells none")
        #expect(Self.read(expires: sent, date: until) == .lasts(.zero))
        #expect(Self.read(expires: "0") == .lasts(.zero), "what is no date has expired")
        #expect(Self.read("max-age=5", expires: until, date: sent) == .lasts(.seconds(5)))
    }

    @Test func itIsKeptWithinARange() {
        let range = Duration.seconds(60)...Duration.seconds(86_400)
        func keep(_ freshness: HTTPFreshness) -> Duration? { freshness.keep(within: range, otherwise: .seconds(300)) }
        #expect(keep(.unsaid) == .seconds(300) && keep(.forbidden) == nil && keep(.lasts(.zero)) == nil)
        #expect(keep(.lasts(.seconds(1))) == .seconds(60) && keep(.lasts(.seconds(90))) == .seconds(90))
        #expect(keep(.lasts(.seconds(999_999_999))) == .seconds(86_400))
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "sun, 6 nov 1994 08:49:37 gmt",
    ])
    func aDateIsReadInAllItsForms(_ text: String) { #expect(WallTime(httpDate: text) == Self.now) }

    @Test func whatIsWrittenIsRead() {
        for seconds in [0, 951_782_400, 1_709_164_799, 1_709_251_200, 4_102_444_800, 7_258_118_399] as [Int64] {
            let time = WallTime(millisecondsSince1970: seconds * 1_000)
            #expect(WallTime(httpDate: time.httpDate) == time, "\(time.httpDate)")
        }
        #expect(WallTime(httpDate: "Friday, 01-Jan-70 00:00:00 GMT") == WallTime(millisecondsSince1970: 0))
    }

    @Test(arguments: [
        "", "120", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Non 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1 08:49:37 GMT", "Sun, 06 Nov 19941 08:49:37 GMT", String(repeating: "Sun, ", count: 1_000),
    ])
    func whatIsNoDateIsNone(_ text: String) { #expect(WallTime(httpDate: text) == nil) }
}
