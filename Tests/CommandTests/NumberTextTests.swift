import Command
import Testing

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
