import Registers
import Testing
import World

/// What one replica names of a list, turn by turn.
@Suite struct ListingTests {
    private typealias S = Sample
    private static let own = LoneReplica.own, second = LoneReplica.second, third = LoneReplica.third

    private let replica = LoneReplica.voting()

    /// A register that is there, in the version 1; a second change is accepted, so that the first is known to be chosen.
    private func put(_ name: String, isFinished: Bool = false, due: UInt64? = nil) {
        let key = RegisterKey(name)!
        for number in 1...2 as ClosedRange<UInt64> {
            let state = RegisterState(bytes: Array(name.utf8), isFinished: isFinished, due: due), base = S.version(number - 1, number)
            replica.accept(RegisterDelta(base: base, ballot: S.ballot(number + 1), state: state, rows: []), of: key)
        }
    }

    private func list(_ listing: RegisterListing) throws -> (names: [String], reached: String?) {
        let page = try #require(try replica.list(listing))
        return (page.entries.map { $0.key.description }, page.reached.map { String(decoding: $0, as: UTF8.self) })
    }

    /// All that a listing comes to, however many turns that takes.
    private func listAll(_ listing: RegisterListing) throws -> [String] {
        var listing = listing, names: [String] = []
        while true {
            let page = try #require(try replica.list(listing))
            names += page.entries.map { $0.key.description }
            guard let reached = page.reached else { return names }
            if let before = listing.before { #expect(reached.lexicographicallyPrecedes(before), "a turn leads on") }
            listing.before = reached
        }
    }

    @Test func theNewestOfAKindComeFirstWithWhatTheyAnswer() throws {
        for name in ["job/1", "job/3", "job/2", "job0", "jo/4", "order/1"] { put(name) }
        #expect(try list(RegisterListing(kind: "job")) == (["job/3", "job/2", "job/1"], nil))
        let page = try #require(try replica.list(RegisterListing(kind: "job")))
        #expect(page.entries.map(\.glance) == ["job/3", "job/2", "job/1"].map {
            RegisterGlance(version: 1, isFinished: false, due: nil, answer: Array($0.utf8))
        })
    }

    @Test func eachStateIsFoundByTheListThatAsksForIt() throws {
        put("job/1", due: 0)
        put("job/2", due: RegisterState.someday)
        put("job/3", isFinished: true)
        put("job/4", due: 900)
        put("job/5")
        func names(_ which: RegisterListing.Which) throws -> [String] { try listAll(RegisterListing(kind: "job", which: which)) }
        #expect(try names(.all) == ["job/5", "job/4", "job/3", "job/2", "job/1"])
        #expect(try names(.open) == ["job/5", "job/4", "job/2", "job/1"])
        #expect(try names(.due(by: 899)) == ["job/1"])
        #expect(try names(.due(by: 900)) == ["job/4", "job/1"])
        #expect(try names(.someday) == ["job/2"])
    }

    @Test func ofAllKindsThoseAreLeftOutThatOnlyHoldSomething() throws {
        for name in ["a/1", "held/1", "held/2", "order/1"] { put(name) }
        #expect(try listAll(RegisterListing()) == ["order/1", "a/1"])
        #expect(try list(RegisterListing()).reached == "held/", "those of a kind are passed over together")
        #expect(try listAll(RegisterListing(kind: "held")) == ["held/2", "held/1"], "who asks for them gets them")
    }

    @Test func theConfigurationIsNotListed() throws {
        let state = RegisterState(bytes: [0, 0, 0, 0, 0, 0, 0, 2])
        for number in 1...2 as ClosedRange<UInt64> {
            let base = S.version(number - 1, number)
            replica.accept(RegisterDelta(base: base, ballot: S.ballot(number + 1), state: state, rows: []), of: .configuration)
        }
        #expect(replica.record(of: .configuration)?.base.number == 1)
        #expect(try listAll(RegisterListing()).isEmpty)
    }

    @Test func whatIsNotKnownToBeThereIsNotListed() throws {
        replica.ask(.prepare, S.ballot(3), of: RegisterKey("job/1")!)
        replica.accept(S.change(1, on: .none, under: 4), of: RegisterKey("job/2")!)
        #expect(try listAll(RegisterListing()).isEmpty)
    }

    /// Of a register that was made with one change, nothing further comes that would say that it was.
    @Test func whatMayBeThereIsFoundOutForTheNextList() throws {
        let key = RegisterKey("job/2")!
        replica.accept(S.change(1, on: .none, under: 4), of: key)
        _ = replica.takeSent()
        #expect(try listAll(RegisterListing()).isEmpty)
        let peek = replica.takeRequests(to: Self.second).first
        replica.answer(peek, .promised(base: .none, pending: S.version(1, 4), closed: nil), from: Self.second)
        #expect(try listAll(RegisterListing()) == ["job/2"])
    }

    /// The home has changed after the last change of a work, which nobody knows to be chosen yet.
    @Test func whatHasEndedWithAnUnsettledChangeIsSettledAndNotListedAsOpen() throws {
        let key = RegisterKey("job/1")!
        let states = [RegisterState(bytes: [1], due: 0), RegisterState(bytes: [2], isFinished: true)]
        for (number, state) in zip([1, 2] as [UInt64], states) {
            let base = S.version(number - 1, number)
            replica.accept(RegisterDelta(base: base, ballot: S.ballot(number + 1), state: state, rows: []), of: key)
        }
        _ = replica.takeSent()
        for which in [RegisterListing.Which.open, .due(by: .max)] {
            #expect(try listAll(RegisterListing(kind: "job", which: which)).isEmpty, "\(which)")
        }
        let peek = replica.takeRequests(to: Self.second)
        #expect(peek.map(\.action) == [.confirm], "the first list settles it")
        let before = try #require(try replica.list(RegisterListing(kind: "job"))?.entries)
        #expect(before.map(\.key) == [key] && before.map(\.glance.isFinished) == [false], "who asks for all gets what is known of it")
        replica.answer(peek.first, .promised(base: S.version(1, 2), pending: S.version(2, 3), closed: nil), from: Self.second)
        let after = try #require(try replica.list(RegisterListing(kind: "job"))?.entries)
        #expect(after.map(\.glance.version) == [2] && after.map(\.glance.isFinished) == [true])
        #expect(try listAll(RegisterListing(kind: "job", which: .open)).isEmpty)
    }

    /// Whoever made the last change has died with all who took it but this one.
    @Test func whatMayHaveEndedIsListedAsOpenWhereNobodyCanSettleIt() throws {
        let states = [RegisterState(bytes: [1], due: 0), RegisterState(bytes: [2], isFinished: true)]
        for (number, state) in zip([1, 2] as [UInt64], states) {
            let base = S.version(number - 1, number)
            replica.accept(RegisterDelta(base: base, ballot: S.ballot(number + 1), state: state, rows: []), of: RegisterKey("job/1")!)
        }
        for which in [RegisterListing.Which.open, .due(by: .max)] {
            replica.give(.seen(live: [Self.own], gone: [Self.second, Self.third]))
            #expect(try listAll(RegisterListing(kind: "job", which: which)) == ["job/1"], "\(which)")
            // Gossip tells a node of its own store late.
            replica.give(.seen(live: [Self.third], gone: [Self.second]))
            #expect(try listAll(RegisterListing(kind: "job", which: which)).isEmpty, "\(which)")
        }
    }

    @Test func onlyTheHomeNamesARegister() throws {
        let other = LoneReplica.voting(replicas: [Self.second, Self.own, Self.third]), key = RegisterKey("job/1")!
        other.accept(S.change(1, on: .none, under: 2), of: key)
        other.accept(S.change(2, on: S.version(1, 2), under: 3), of: key)
        #expect(try other.list(RegisterListing())?.entries.count == 0)
        other.give(.seen(live: [Self.own, Self.third], gone: [Self.second]))
        #expect(try other.list(RegisterListing())?.entries.map(\.key) == [key])
    }

    @Test func aPageEndsWithItsLimitAndTheNextGoesOnBehindIt() throws {
        for number in 1...5 { put("job/\(number)") }
        var listing = RegisterListing(kind: "job", limit: 2)
        #expect(try list(listing) == (["job/5", "job/4"], "job/4"))
        listing.before = Array("job/4".utf8)
        #expect(try list(listing) == (["job/3", "job/2"], "job/2"))
        listing.before = Array("job/2".utf8)
        #expect(try list(listing) == (["job/1"], nil))
    }

    @Test func aTurnLooksAtSoManyNamesThoughItFindsNothing() throws {
        let most = RegisterLimits.surveyedNames
        for number in 0..<most + 3 { put("job/\(1_000 + number)", due: number == 0 ? 1 : nil) }
        let listing = RegisterListing(kind: "job", which: .due(by: 1))
        #expect(try list(listing) == ([], "job/1003"))
        #expect(try listAll(listing) == ["job/1000"])
    }

    @Test func aPageEndsBeforeItsAnswersAreTooLarge() throws {
        for number in 1...5 { put("job/\(number)") }
        #expect(try list(RegisterListing(kind: "job", query: [1, 100])) == (["job/5", "job/4"], "job/4"))
        #expect(try listAll(RegisterListing(kind: "job", query: [1, 100])).count == 5)
    }

    @Test func aRegisterThatDoesNotTakeTheQueryIsListedWithoutAnAnswer() throws {
        put("job/1")
        let page = try #require(try replica.list(RegisterListing(query: [0])))
        #expect(page.entries.map(\.glance) == [RegisterGlance(version: 1, isFinished: false, due: nil, answer: [])])
    }

    @Test func aStoreThatTakesNoPartSaysNothing() throws {
        let asking = LoneReplica()
        #expect(try asking.list(RegisterListing()) == nil)
    }

    @Test func anyLimitIsBroughtWithinBounds() throws {
        for number in 1...3 { put("job/\(number)") }
        #expect(try list(RegisterListing(limit: -5)).names == ["job/3"])
        #expect(try listAll(RegisterListing(limit: .max)).count == 3)
    }

    @Test func aPageIsPackedAndReadAgain() throws {
        var page = RegisterPage()
        let job = RegisterKey("job/1", hour: CreationHour(number: 7))!
        page.append(job, RegisterGlance(version: 3, isFinished: true, due: nil, answer: [1]))
        page.append(RegisterKey("a")!, RegisterGlance(version: 1, isFinished: false, due: RegisterState.someday, answer: []))
        for reached in [nil, [1, 2]] as [[UInt8]?] {
            page.reached = reached
            let read = try RegisterPage(unpacking: page.packed)
            #expect(read.entries.map(\.key) == page.entries.map(\.key) && read.entries.map(\.glance) == page.entries.map(\.glance))
            #expect(read.reached == reached && read.bytes == 1)
        }
        for count in 0..<page.packed.count {
            #expect(throws: (any Error).self) { try RegisterPage(unpacking: Array(page.packed.prefix(count))) }
        }
    }
}

/// How what stores name becomes one list.
@Suite struct RegisterListTests {
    private func page(_ names: String..., reached: String? = nil, version: UInt64 = 1) -> RegisterPage {
        var page = RegisterPage()
        for name in names { page.append(RegisterKey(name)!, RegisterGlance(version: version, isFinished: false, due: nil, answer: [])) }
        page.reached = reached.map { Array($0.utf8) }
        return page
    }

    private func merge(_ pages: RegisterPage..., limit: Int = 9) -> (names: [String], next: String?) {
        let list = RegisterList(merging: pages.enumerated().map { ("n\($0)", $1) }, limit: limit, unheard: [])
        return (list.entries.map { $0.key.description }, list.next.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func namesOfAllStoresAreOneOrder() {
        #expect(merge(page("j/4", "j/1"), page("j/3"), page()) == (["j/4", "j/3", "j/1"], nil))
    }

    @Test func beyondTheLimitThereIsAnotherPage() {
        #expect(merge(page("j/4", "j/1"), page("j/3"), limit: 2) == (["j/4", "j/3"], "j/3"))
        #expect(merge(page("j/4", "j/1"), page("j/3"), limit: 3) == (["j/4", "j/3", "j/1"], nil))
    }

    @Test func nothingIsShownBeyondWhatAllHaveLookedAt() {
        #expect(merge(page("j/9", "j/7", reached: "j/7"), page("j/8", "j/5", "j/2", reached: "j/2")) == (["j/9", "j/8", "j/7"], "j/7"))
        #expect(merge(page(reached: "j/7"), page("j/5")) == ([], "j/7"), "the next page has it")
    }

    @Test func theLimitMayComeBeforeTheBound() {
        #expect(merge(page("j/9", "j/7", reached: "j/7"), page("j/8"), limit: 2) == (["j/9", "j/8"], "j/8"))
    }

    @Test func ofARegisterThatTwoNameTheLaterVersionCounts() {
        let list = RegisterList(
            merging: [("n1", page("j/1", version: 3)), ("n2", page("j/1", version: 4)), ("n3", page("j/1", version: 4))], limit: 9,
            unheard: ["n5", "n4"])
        #expect(list.entries.map(\.glance.version) == [4] && list.entries.map(\.node) == ["n2"])
        #expect(list.unheard == ["n4", "n5"])
    }

    /// Whatever page sizes the stores choose, page by page each register comes once.
    @Test(arguments: [1, 2, 5, 40])
    func pagesLoseAndRepeatNothing(_ limit: Int) throws {
        var random = RandomStream(seed: UInt64(limit), name: "lists")
        let names = (0..<40).map { "j/\(100 + $0)" }, homes = names.map { _ in random.below(3) }
        var seen: [String] = [], before: [UInt8]?
        for _ in 0..<200 {
            var pages: [(node: String, page: RegisterPage)] = []
            for store in 0..<3 {
                let left = names.indices.reversed().filter { index in
                    homes[index] == store && (before.map { Array(names[index].utf8).lexicographicallyPrecedes($0) } ?? true)
                }
                let taken = left.prefix(min(limit, 1 + random.below(4)))
                var page = RegisterPage()
                for index in taken {
                    page.append(RegisterKey(names[index])!, RegisterGlance(version: 1, isFinished: false, due: nil, answer: []))
                }
                page.reached = taken.count < left.count ? taken.last.map { Array(names[$0].utf8) } : nil
                pages.append(("n\(store)", page))
            }
            let list = RegisterList(merging: pages, limit: limit, unheard: [])
            #expect(list.entries.count <= limit)
            seen += list.entries.map { $0.key.description }
            before = list.next
            if before == nil { break }
        }
        #expect(seen == names.reversed())
    }
}
