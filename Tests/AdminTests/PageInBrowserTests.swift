import Admin
import JSONDocument
import Jobs
import Membership
import Placement
import Synchronization
import TestSupport
import Testing
import WebTestSupport
import World

private typealias Page = PageInChromium

/// What a page looks like of a mesh that a real one is seldom: every state at once, and names as long as they may be.
@Suite(.serialized, .bounded) struct PageInBrowserTests {
    /// 63 characters, the most that a name may have.
    private static func longName(_ number: Int) -> String { String(repeating: "x", count: 61) + "\(10 + number)" }

    /// A node with members of every status, a ring of them, and jobs of every state.
    private func withMesh(_ name: (Int) -> String, readers: Int = 64, _ body: (AdminBench) async throws -> Void) async throws {
        let jobs = FakeJobs()
        let names = ["n1"] + (2...6).map(name)
        let states: [(status: String, isEnded: Bool)] = [("Processing", false), ("Pending", false), ("Completed", true), ("Failed", true)]
        let summaries = states.enumerated().map { index, state in
            JobSummary(
                id: FakeJobs.job(UInt8(index), percentage: 0, version: 1).id, kind: "primes", home: names[index + 1],
                subject: "0 to 10000000000", status: state.status, isEnded: state.isEnded, percentage: 25 * index,
                createdAtMs: 1_700_000_000_000 + Int64(index), elapsedMs: 5_500, shares: names.map { .init(name: $0, parts: 3) },
                warnings: ["\(names[2]) has been asked again"], version: 2)
        }
        jobs.answer.withLock { $0 = MeshJobs(jobs: summaries, unheard: [names[3]]) }
        try await withAdmin(jobs: jobs, readers: readers) { bench in
            bench.node.state.withLock { state in
                let statuses: [MemberStatus] = [.alive, .alive, .suspect, .dead, .left, .alive]
                state.members = zip(names, statuses).map { name, status in
                    var member = state.members[0]
                    (member.identity, member.status) = (NodeIdentity(name: name, life: 7), status)
                    return member
                }
                state.ring = HashRing(names.map { RingMember(name: $0, roles: ["primes"]) })
            }
            for member in bench.node.inspectMembers().dropFirst() { bench.node.happen(.suspected(member)) }
            try await body(bench)
        }
    }

    private static let isDrawn: JSON = [
        "until": "document.querySelectorAll('#members tr').length === 6 && document.querySelectorAll('.job').length === 4",
    ]

    /// The contrasts of all visible texts that fall short of what WCAG 2.2, 1.4.3 asks at level AA.
    private static let faintTexts: JSON = """
        (() => {
          const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
          const light = ({ rgb }) => rgb.map((value) => value / 255)
            .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
            .reduce((sum, c, index) => sum + c * [.2126, .7152, .0722][index], 0);
          const ground = (element) => {
            for (let place = element; place; place = place.parentElement) {
              const colour = parse(getComputedStyle(place).backgroundColor);
              if (colour.a === 1) return colour;
            }
            return { rgb: [255, 255, 255] };
          };
          const found = [];
          const check = (element, style, what) => {
            const [high, low] = [light(parse(element instanceof SVGElement ? style.fill : style.color)), light(ground(element))]
              .sort((a, b) => b - a);
            const contrast = (high + .05) / (low + .05), size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
            window.textsChecked = (window.textsChecked ?? 0) + 1;
            if (contrast < (isLarge ? 3 : 4.5)) found.push(`${what}: ${contrast.toFixed(2)}`);
          };
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const element = texts.currentNode.parentElement;
            if (texts.currentNode.data.trim() === '' || !element.checkVisibility()) continue;
            check(element, getComputedStyle(element), `${element.closest('[id], [class]')?.className} "${texts.currentNode.data.trim()}"`);
          }
          check(document.querySelector('#key input'), getComputedStyle(document.querySelector('#key input'), '::placeholder'), 'placeholder');
          return [...new Set(found)];
        })()
        """

    @Test func aClockThatIsOffIsSeenUntilItIsRightAgain() async throws {
        try await withMesh({ "n\($0)" }) { bench in
            func look(_ isShown: Bool) async throws -> JSON? {
                let shown: JSON = ["until": .string("document.getElementById('clocks').hidden === \(!isShown)")]
                return try await Page.browse([
                    ["open": .string(bench.network)], Self.isDrawn, shown, ["evaluate": "document.getElementById('clocks').textContent"],
                ]).values.last ?? nil
            }
            #expect(try await look(false) == "")
            bench.node.state.withLock { $0.members[1].metadata.labels[ClockWatch.label] = "ahead" }
            let text = try await look(true)?.string
            #expect(text?.hasPrefix("Wall clocks are off: n2's is ahead of the others'.") == true, "\(text ?? "")")
        }
    }

    @Test func everyTextHasTheContrastThatReadersNeed() async throws {
        try await withMesh({ "n\($0)" }) { bench in
            // Everything that can be shown is.
            bench.node.state.withLock { $0.members[1].metadata.labels[ClockWatch.label] = "ahead" }
            func look(_ name: String) -> [JSON?] {
                var steps: [JSON?] = [["media": ["prefers-reduced-motion": "reduce"]], ["open": .string(bench.network)], Self.isDrawn]
                for (width, scheme) in [(1_600, "light"), (1_600, "dark"), (500, "light")] {
                    steps += [
                        ["size": [.number(width), 1_000]],
                        ["media": ["prefers-color-scheme": .string(scheme), "prefers-reduced-motion": "reduce"]],
                        ["evaluate": Self.faintTexts], Page.picture("\(name)-\(scheme)-\(width)"),
                    ]
                }
                return steps + [["evaluate": "window.textsChecked"]]
            }
            let wellSeen = try await Page.browse(look("every-state"))
            bench.node.state.withLock { ($0.lonelySince, $0.readiness) = (Instant(nanoseconds: 1_000_000_000), .degraded) }
            let lonelySeen = try await Page.browse(look("lonely"))
            for values in [wellSeen.values, lonelySeen.values] {
                for value in values.prefix(3) { #expect(value == []) }
                #expect((values.last?.integer(Int.self) ?? 0) > 300)
            }
        }
    }

    /// In all widths, and each part after the one before it in the document, below it or to its right.
    @Test func longNamesReachOutOfNoWindowAndPartsLieInTheirOrder() async throws {
        try await withMesh(Self.longName) { bench in
            let widths = [360, 700, 1_000, 1_399, 1_400, 1_600]
            var steps: [JSON?] = [["media": ["prefers-reduced-motion": "reduce"]], ["open": .string(bench.network)], Self.isDrawn]
            for width in widths {
                steps += [
                    ["size": [.number(width), 1_000]],
                    // The page learns of its new width when it is drawn, and fits its labels then.
                    ["evaluate": "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"],
                    ["evaluate": "document.documentElement.scrollWidth"],
                    ["evaluate": """
                        (() => {
                          const parts = [...document.querySelectorAll('main > section')].map((part) => part.getBoundingClientRect());
                          return parts.slice(1).map((part, index) => part.top >= parts[index].bottom || part.left >= parts[index].right);
                        })()
                        """],
                    ["evaluate": """
                        [...document.querySelectorAll('.chip, #members .name, #ring .labels text')].filter((element) => {
                          const own = element.getBoundingClientRect(), card = element.closest('.card').getBoundingClientRect();
                          return own.left < card.left || own.right > card.right;
                        }).map((element) => element.textContent)
                        """],
                    ["evaluate": "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.scroll'))"],
                    Page.picture("long-names-\(width)"),
                ]
            }
            let values = try await Page.browse(steps).values
            for (index, width) in widths.enumerated() {
                #expect(values[5 * index + 1] == .number(width), "in a window of \(width)")
                #expect(values[5 * index + 2] == [true, true, true, true, true], "in a window of \(width)")
                #expect(values[5 * index + 3] == [], "in a window of \(width)")
                // The table's last columns may have to be scrolled to only where the window is rather narrow for a table.
                if width >= 1_600 { #expect(values[5 * index + 4] == 0, "in a window of \(width)") }
            }
        }
    }

    @Test func aPageThatIsRefusedAsksAgainThoughTheNodeDoesNotSayWhy() async throws {
        try await withAdmin(readers: 1) { bench in
            try await EventReader.read("\(bench.network)/events") { _ in
                let report = try await Page.browse([
                    ["open": .string(bench.network)],
                    ["until": "document.querySelector('#link .word')?.textContent === 'opening'"],
                    // From now on the question for the reason gets no answer.
                    ["evaluate": """
                        window.asked = 0;
                        const real = window.fetch;
                        window.fetch = (path, options) => path !== 'health/live' ? real(path, options) : new Promise((_, reject) => {
                          window.asked += 1;
                          options?.signal?.addEventListener('abort', () => reject(options.signal.reason));
                        }); 0
                        """],
                    ["until": "window.asked >= 2"],
                ])
                #expect(report.requests.count { $0.hasSuffix("/events") } >= 2, "\(report.requests)")
                return false
            }
        }
    }

    @Test func aPageThatStaysOpenForMonthsDoesNotKeepEveryName() async throws {
        try await withAdmin { bench in
            let report = try await Page.browse([
                ["open": .string(bench.network)],
                ["until": Page.figure("alive", is: "1")],
                ["evaluate": """
                    import('/page/words.js').then(({ meetNames, colourClass }) => {
                      meetNames(['stays']);
                      const before = colourClass('stays');
                      for (let number = 0; number < 5000; number += 1) meetNames(['stays', `guest-${number}`]);
                      const known = (number) => colourClass(`guest-${number}`) !== 'stranger';
                      return [before !== 'stranger' && colourClass('stays') === before, known(4990), known(10)];
                    })
                    """],
            ])
            #expect(report.values == [[true, true, false]])
        }
    }
}
