import Command
import Foundation
import JSONDocument
import TestSupport
import Testing
import WebTestSupport
import World

private typealias Page = PageInChromium

/// The live page of real nodes, in a real browser.
@Suite(.serialized, .bounded) struct LivePageTests {
    private static let statuses: JSON =
        "[...document.querySelectorAll('#members tr')].map((row) => row.dataset.key + ' ' + row.querySelector('.status .word').textContent)"

    /// Takes n1's row away, so that it is made anew, and notes what is wrong with the ages of n1 when it is there again, and of n4 when it
    /// is alive no more: seconds too much.
    private static let watchesAges = """
        document.querySelector('#members tr[data-key=n1]').remove();
        window.agesSeen = {};
        new MutationObserver(() => {
          for (const name of ['n1', 'n4']) {
            const row = document.querySelector(`#members tr[data-key=${name}]`);
            if (name in window.agesSeen || !row || (name === 'n4' && row.dataset.status === 'alive')) continue;
            const age = row.querySelector('[data-since]');
            const seconds = age.textContent.match(/(\\d+) s$/)?.[1], minutes = age.textContent.match(/(\\d+) min/)?.[1] ?? 0;
            window.agesSeen[name] = Math.round(Number(seconds) + 60 * Number(minutes) - (Date.now() - Number(age.dataset.since)) / 1000);
          }
        }).observe(document.querySelector('#members'), { subtree: true, attributes: true, childList: true }); 0
        """

    @Test func thePageShowsADeathAndAJobAsTheyHappen() async throws {
        try await TestMesh.with(5, port: 25_700) { mesh in
            try await mesh.up()
            let victim = try #require(mesh.process("n4")).pid
            let job: JSON = ["from": 0, "to": 24_000_000, "algorithm": "trial", "chunks": 60]
            let steps: [JSON?] = [
                ["size": [1_600, 1_000]],
                ["open": "http://127.0.0.1:25703/"],
                ["until": Page.figure("alive", is: "5")],
                ["until": "document.querySelectorAll('#ring .broad circle').length === 5"],
                ["evaluate": "window.loadedOnce = true"],
                ["evaluate": Self.statuses],
                ["evaluate": "[...document.querySelectorAll('#members a[title]')].map((link) => link.href)"],
                Page.picture("five-alive"),
                ["post": ["http://127.0.0.1:25704/api/primes", job]],
                ["until": "document.querySelector('.job[data-status=Processing] .percentage')?.textContent.match(/^[1-9]/)"],
                ["evaluate": "document.querySelector('.job').innerText"],
                Page.picture("a-job-runs"),
                ["until": "document.querySelector('.job[data-status=Completed]')"],
                // Ages are right in the very turn in which a row is drawn, also in a row that is new.
                ["evaluate": .string(Self.watchesAges)],
                ["signal": [.number(victim), 9]],
                ["until": Page.figure("dead", is: "1")],
                ["until": "document.querySelectorAll('#ring .broad circle').length === 4"],
                ["evaluate": Self.statuses],
                ["evaluate": "document.querySelector('#log').innerText"],
                ["evaluate": "window.agesSeen"],
                Page.picture("one-killed"),
                // A key's owner is asked for as it is typed.
                ["evaluate": "{ const field = document.querySelector('#key-text'); field.value = 'alice'; field.dispatchEvent(new Event('input')) }"],
                ["until": "document.querySelector('#key-answer .chip')"],
                ["evaluate": "document.querySelector('#key-answer .chip').textContent"],
                ["evaluate": "window.loadedOnce === true"],
                // Nothing reaches out of a narrow window.
                ["size": [360, 800]],
                ["evaluate": "document.documentElement.scrollWidth"],
            ]
            let report = try await Page.browse(steps)

            let alive = mesh.names.map { JSON.string("\($0) alive") }
            #expect(report.values[1] == .array(alive))
            #expect(report.values[2].elements?.map(\.string) == (1...4).map { "http://127.0.0.1:\(25_703 + 10 * $0)/" })
            #expect(report.values[3].string?.contains("primes") == true, "\(report.values[3])")
            #expect(report.values[5] == .array(mesh.names.map { .string("\($0) \($0 == "n4" ? "dead" : "alive")") }))
            #expect(report.values[6].string?.contains("n4 is dead: life 1 is over") == true, "\(report.values[6])")
            for name in ["n1", "n4"] {
                #expect((-2...1).contains(report.values[7][name]?.integer(Int.self) ?? 99), "\(report.values[7]): s too much")
            }
            let place = try await mesh.run("ring", "where", "alice", "--topology", mesh.file, "--json")
            #expect(try JSON(parsing: Array(place.output.utf8))["owner"] == report.values[9])
            #expect(report.values[10] == true, "the page was loaded anew")
            #expect(report.values[11] == 360)
            #expect(report.complaints == [])
            #expect(report.requests.count > 8)
            for request in report.requests {
                #expect(request.hasPrefix("http://127.0.0.1:25703/") || request.hasPrefix("data:"), "\(request)")
            }
        }
    }

    @Test func aPageThatLosesItsNodeSaysSoAndComesBack() async throws {
        try await TestMesh.with(2, port: 25_800) { mesh in
            try await mesh.up()
            let node = try #require(mesh.process("n2")).pid
            let lost = "document.documentElement.dataset.link === 'lost'"
            let live = "document.documentElement.dataset.link === 'live'"
            let steps: [JSON?] = [
                ["size": [1_600, 1_000]],
                ["open": "http://127.0.0.1:25813/"],
                ["until": Page.figure("alive", is: "2")],
                // Its connections stay, but it says nothing more.
                ["signal": [.number(node), .number(SIGSTOP)]],
                ["until": .string(lost)],
                ["evaluate": "document.querySelector('#lost').innerText"],
                Page.picture("lost"),
                ["signal": [.number(node), .number(SIGCONT)]],
                ["until": .string(live)],
                ["until": Page.figure("alive", is: "2")],
                ["evaluate": "document.querySelector('#lost').hidden"],
            ]
            let report = try await Page.browse(steps)
            let said = report.values[0].string ?? ""
            #expect(said.contains(/n2 does not answer since \d+ s; last picture of \d\d:\d\d:\d\d\./), "\(said)")
            #expect(report.values[1] == true)
        }
    }

    /// A node that is cut off accuses no one for half a minute: its page must not look well meanwhile.
    @Test func thePageOfAnIsolatedNodeSaysThatItHearsNobody() async throws {
        try await TestMesh.with(4, port: 25_900) { mesh in
            try await mesh.up("n1", "n2", "n3")
            _ = try mesh.start(["node", mesh.file, "n4", "--chaos"])
            for name in mesh.names { try await mesh.until(name, seenBy: ["n1", "n4"]) { $0.isAlive } }
            func faults(_ action: String) -> JSON {
                ["put": [.string(mesh.place("n4").socket), "/faults", ["name": "cut", "action": .string(action), "ttlMs": 600_000]]]
            }
            let steps: [JSON?] = [
                ["size": [1_600, 1_000]],
                ["open": "http://127.0.0.1:25933/"],
                ["until": Page.figure("alive", is: "4")],
                ["evaluate": "document.querySelector('#lonely').hidden"],
                faults("drop"),
                ["until": "!document.querySelector('#lonely').hidden"],
                ["evaluate": "document.querySelector('#lonely').innerText"],
                ["evaluate": "document.title"],
                ["evaluate": "document.querySelector('[data-figure=alive]').innerText"],
                ["evaluate": "document.querySelector('[data-figure=health]').innerText"],
                ["evaluate": """
                    [...document.querySelectorAll('#members tr')].map((row) => getComputedStyle(row.querySelector('.status')).color)
                    """],
                Page.picture("isolated"),
                faults("pass"),
                ["until": "document.querySelector('#lonely').hidden"],
                ["until": Page.figure("alive", is: "4")],
                ["until": Page.figure("health", is: "well")],
                ["evaluate": "document.title"],
            ]
            let values = try await Page.browse(steps).values
            #expect(values[0] == true)
            let said = values[1].string ?? ""
            #expect(said.contains(/n4 hears nobody since \d+ s: it may be cut off/), "\(said)")
            #expect(values[2].string?.hasPrefix("hears nobody · ") == true, "\(values[2])")
            #expect(values[3].string?.contains("last heard") == true, "\(values[3])")
            #expect(values[4].string?.contains("alone") == true, "\(values[4])")
            // The others alike and grey, the node itself not.
            let colours = values[5].elements?.compactMap(\.string) ?? []
            #expect(colours.count == 4 && Set(colours.prefix(3)).count == 1 && colours[3] != colours[0], "\(colours)")
            #expect(values[6].string?.hasPrefix("4 alive · ") == true, "\(values[6])")
        }
    }
}
