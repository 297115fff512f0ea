import Choreography
import JSONDocument
import TestSupport
import Testing
import WebTestSupport
import WorkTestSupport
import World

private typealias Page = PageInChromium

/// Durable work as the page shows it, in a real browser.
@Suite(.serialized, .bounded) struct WorkPageTests {
    private let orders: OrdersInMemory

    init() throws { orders = try OrdersInMemory() }

    private static let hasSagas: JSON = ["until": "document.querySelectorAll('#sagas .saga').length === 1"]
    private static let hasLetter: JSON = ["until": "document.querySelectorAll('#dead .letter').length === 1"]

    @Test func aTraceIsDrawnWhenItsWorkIsClicked() async throws {
        orders.pass(4)
        try orders.pay()
        try await withAdmin(work: orders.work) { bench in
            let report = try await Page.browse([
                ["size": [1_200, 1_000]], ["open": .string(bench.network)], Self.hasSagas,
                ["evaluate": "document.querySelector('#trace').hidden"],
                ["evaluate": "document.querySelector('#sagas .saga').click(), 0"],
                ["until": "document.querySelectorAll('#trace .row').length === 5"],
                ["evaluate": "[...document.querySelectorAll('#trace .row .event')].map((event) => event.textContent)"],
                ["evaluate": "document.querySelectorAll('#trace svg circle').length"],
                ["evaluate": "document.querySelector('#trace .row.detour .remark').textContent"],
                ["evaluate": """
                    (() => {
                      const dots = [...document.querySelectorAll('#trace svg circle')].map((dot) => dot.getBoundingClientRect());
                      return [...document.querySelectorAll('#trace .row')].every((row, index) => {
                        const own = row.getBoundingClientRect(), dot = dots[index];
                        return dot.top >= own.top && dot.bottom <= own.bottom && dot.right < row.querySelector('.event').getBoundingClientRect().left;
                      });
                    })()
                    """],
                Page.picture("trace"),
                ["evaluate": "document.querySelector('#trace .close').click(), document.querySelector('#trace').hidden"],
            ])
            #expect(report.values == [
                true, 0, ["place", "deadline", "charge", "charged", "reserve"], 5, "▲ attempt 3", true, true,
            ])
            #expect(report.complaints.isEmpty, "\(report.complaints)")
        }
    }

    @Test func nothingCanBeChangedWhereNobodyMay() async throws {
        try orders.refuse()
        try await withAdmin(work: orders.work) { bench in
            let report = try await Page.browse([
                ["open": .string(bench.network)], Self.hasLetter,
                ["evaluate": "[...document.querySelectorAll('#dead button')].map((button) => button.hidden)"],
                ["evaluate": "document.querySelector('#token').hidden"],
                ["evaluate": "document.querySelector('#dead .cause').textContent"],
                ["evaluate": "document.querySelector('#sagas li').classList.contains('stuck')"],
            ])
            #expect(report.values == [[true, true], true, "the account is closed", true])
            #expect(report.complaints.isEmpty, "\(report.complaints)")
        }
    }

    @Test func whoHasTheTokenRedrivesAndDiscards() async throws {
        try orders.refuse()
        try await withAdmin(token: "secret", work: orders.work) { bench in
            let enter: (String) -> JSON = { token in
                ["evaluate": .string("""
                    document.querySelector('#token-text').value = '\(token)',
                    document.querySelector('#token').requestSubmit(), 0
                    """)]
            }
            let report = try await Page.browse([
                ["open": .string(bench.network)], Self.hasLetter,
                ["until": "document.querySelector('#token').hidden === false"],
                enter("wrong"),
                ["until": "document.querySelector('#token-note').textContent === 'That is not the token of this node.'"],
                ["evaluate": "[...document.querySelectorAll('#dead button')].map((button) => button.hidden)"],
                enter("secret"),
                ["until": "document.querySelector('#dead .discard').hidden === false"],
                ["evaluate": "document.querySelector('#token').hidden"],
                ["evaluate": "document.querySelector('#dead .discard').click(), document.querySelector('#dead .discard').textContent"],
                Page.picture("dead-letters"),
                ["evaluate": "document.querySelector('#dead .redrive').click(), 0"],
                ["until": "document.querySelectorAll('#dead .letter').length === 0"],
            ])
            #expect(report.values == [0, [true, true], 0, true, "Discard for good?", 0])
            #expect(orders.work.deeds.map { $0.prefix { $0 != " " } } == ["redrive"])
            #expect(report.complaints.isEmpty, "\(report.complaints)")
        }
    }

    /// Names of customers are what people like, and may not become markup, nor break what is beside them.
    @Test func namesAreTextsAndReachOutOfNoWindow() async throws {
        let hostile = try OrdersInMemory(customer: "<img src=x onerror=alert(1)>" + String(repeating: "x", count: 300))
        try hostile.refuse()
        try await withAdmin(work: hostile.work) { bench in
            for width in [360, 1_000, 1_600] {
                let report = try await Page.browse([
                    ["size": [.number(width), 900]], ["open": .string(bench.network)], Self.hasLetter,
                    ["evaluate": "document.querySelector('#sagas .saga').click(), 0"],
                    ["until": "document.querySelectorAll('#trace .row').length >= 3"],
                    ["evaluate": "document.documentElement.scrollWidth"],
                    ["evaluate": "document.querySelectorAll('.work img').length"],
                    Page.picture("hostile-names-\(width)"),
                ])
                #expect(report.values == [0, .number(width), 0], "in a window of \(width)")
                #expect(report.complaints.isEmpty, "\(report.complaints)")
            }
        }
    }

    @Test func aMeshWithoutWorkSaysSo() async throws {
        let none = MemoryWork(engine: MemoryEngine([], now: OrdersInMemory.start), kinds: [])
        try await withAdmin(work: none) { bench in
            let report = try await Page.browse([
                ["open": .string(bench.network)], ["until": "document.querySelector('#sagas .none') !== null"],
                ["evaluate": "[...document.querySelectorAll('.work .none')].map((one) => one.textContent)"],
            ])
            #expect(report.values == [["No work is under way.", "Nothing was refused."]])
        }
    }
}
