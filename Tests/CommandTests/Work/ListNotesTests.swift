import Command
import JSONDocument
import Testing

/// What is said below a list that may not be all.
@Suite struct ListNotesTests {
    private func lines(_ json: JSON, isEmpty: Bool = true) -> [String] {
        ListNotes.lines(json, isEmpty: isEmpty, nothing: "nothing is stuck", goesOn: "--before")
    }

    @Test func whatHasNoLiveStoreIsMissing() {
        #expect(lines(["unheard": [], "shardsWithoutStore": 0, "next": nil]) == ["nothing is stuck"])
        #expect(
            lines(["unheard": [], "shardsWithoutStore": 102, "next": nil]) == [
                "nothing is stuck, as far as was heard", "102 shards have no live store; what lies there is missing: gossamer store list",
            ])
        #expect(lines(["shardsWithoutStore": 1], isEmpty: false).first?.hasPrefix("1 shard has no live store") == true)
    }

    @Test func whoIsNotHeardIsNamedAndWhereToGoOn() {
        #expect(
            lines(["unheard": ["n4", "n5"], "next": "abc"]) == [
                "nothing is stuck, as far as was heard", "without what is at n4, n5, not heard", "there may be more: --before abc",
            ])
    }
}
