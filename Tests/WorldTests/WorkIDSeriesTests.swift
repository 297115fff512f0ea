import Testing
import World

@Suite struct WorkIDSeriesTests {
    @Test func whoeverBeginsWithAnIDHasTheSameOnes() throws {
        let first = try #require(WorkID("017f22e2-79b0-7cc3-bfff-ffffffffffff"))
        func ids() -> [WorkID] {
            let series = WorkIDSeries(from: first)
            return (0..<10_000).map { _ in series.next() }
        }
        let all = ids()
        #expect(all == ids())
        #expect(all[0] == first && Set(all).count == all.count)
        #expect(all.allSatisfy { $0.createdAt == first.createdAt && WorkID($0.description) == $0 })
        // Nodes of different releases have to agree on these.
        #expect(all[1].description == "017f22e2-79b0-7cc3-9e37-79b97f4a7c14" && all[2].description == "017f22e2-79b0-7cc3-bc6e-f372fe94f829")
    }
}

@Suite struct HTTPDateTests {
    @Test func aTimeIsWrittenAsHTTPWritesIt() {
        func text(_ seconds: Int64, _ nanoseconds: Int64 = 0) -> String {
            WallTime(nanosecondsSince1970: seconds * 1_000_000_000 + nanoseconds).httpDate
        }
        // The example of RFC 9110, 5.6.7.
        #expect(text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(text(-1) == "Wed, 31 Dec 1969 23:59:59 GMT")
        #expect(text(951_782_400, 999_999_999) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(text(1_767_225_599) == "Wed, 31 Dec 2025 23:59:59 GMT")
    }
}
