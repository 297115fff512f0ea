import Command
import Testing
import World

@Suite struct TableTests {
    @Test func columnsAreAsWideAsTheirWidestCell() {
        var table = Table([.init("NODE"), .init("LIFE", .right), .init("ROLES")])
        table.add(["n1", "1", "store"])
        table.add(["node-12", "1234", ""])
        #expect(table.lines() == ["NODE     LIFE  ROLES", "n1          1  store", "node-12  1234"])
    }

    @Test func missingCellsAreEmptyAndSurplusOnesDropped() {
        var table = Table([.init("A"), .init("B")])
        table.add(["1"])
        table.add(["1", "2", "3"])
        #expect(table.lines() == ["A  B", "1", "1  2"])
    }

    @Test func whatAPeerSaysCannotMoveTheCursor() {
        var table = Table([.init("A")])
        table.add(["\u{1B}[2Jx\ny\u{9B}\u{202E}z"])
        #expect(table.lines() == ["A", "?[2Jx?y??z"])
    }

    @Test func aNarrowTerminalCutsLines() {
        var table = Table([.init("NAME")])
        table.add(["abcdefgh"])
        #expect(table.lines(width: 5) == ["NAME", "abcd…"])
    }
}

@Suite struct ProgressBarTests {
    @Test func theBarFillsWithTheWork() {
        let bar = ProgressBar(done: 27, total: 51, elapsed: .milliseconds(1_200), unit: "chunks")
        #expect(
            bar.line(width: 120)
                == "[#####################...................]  52 %  27/51 chunks  1.2 s, 1.0 s left")
    }

    @Test func halfIsHalfWhateverTheWidth() {
        for width in [60, 70, 90, 200] {
            let line = ProgressBar(done: 50, total: 100, elapsed: .milliseconds(10), unit: "chunks").line(width: width)
            let full = line.count { $0 == "#" }, empty = line.count { $0 == "." }
            #expect(full == empty || full + 1 == empty, "width \(width): \(line)")
            #expect(line.count < width)
        }
    }

    @Test func hundredPercentIsOnlyTheEnd() {
        #expect(ProgressBar(done: 999, total: 1_000, elapsed: .zero, unit: "x").line(width: 80).contains(" 99 %"))
        #expect(ProgressBar(done: 1_000, total: 1_000, elapsed: .zero, unit: "x").line(width: 80).contains("100 %"))
    }

    @Test func nothingIsForetoldWithoutGrounds() {
        #expect(ProgressBar(done: 0, total: 10, elapsed: .seconds(9), unit: "x").remaining == nil)
        #expect(ProgressBar(done: 5, total: 10, elapsed: .milliseconds(499), unit: "x").remaining == nil)
        #expect(ProgressBar(done: 10, total: 10, elapsed: .seconds(9), unit: "x").remaining == nil)
        #expect(ProgressBar(done: 2, total: 10, elapsed: .seconds(1), unit: "x").remaining == .seconds(4))
        #expect(ProgressBar(done: 3, total: 0, elapsed: .seconds(1), unit: "x").fraction == 0)
    }
}

@Suite struct LiveBlockTests {
    @Test func aFrameGoesUpAndClearsWhatItCovers() {
        #expect(LiveBlock.frame(["a", "b"], over: 0) == "\r\u{1B}[2Ka\n\u{1B}[2Kb\n\u{1B}[J")
        #expect(LiveBlock.frame(["c"], over: 2) == "\u{1B}[2A\r\u{1B}[2Kc\n\u{1B}[J")
    }
}
