import Testing
import World

@Suite struct EventHeapTests {
    private func at(_ time: Int) -> Instant { Instant(nanoseconds: Int64(time)) }

    @Test func eventsComeByTimeAndThenInTheOrderInWhichTheyWereMade() {
        var heap = EventHeap<Int>(), random = RandomStream(seed: 3)
        let times = (0..<500).map { _ in random.below(40) }
        for (number, time) in times.enumerated() { heap.insert(number, at: at(time)) }
        var popped: [Int] = []
        while let (event, instant) = heap.pop(dueBy: .distantFuture) {
            #expect(instant == at(times[event]))
            popped.append(event)
        }
        #expect(popped == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
    }

    @Test func onlyWhatIsDueComes() {
        var heap = EventHeap<String>()
        #expect(heap.next == .distantFuture && heap.first == nil && heap.pop(dueBy: .distantFuture) == nil)
        for (event, time) in [("late", 7), ("early", 5), ("never", Int(Int64.max))] { heap.insert(event, at: at(time)) }
        #expect(heap.next == at(5) && heap.first == "early" && heap.count == 3)
        #expect(heap.pop(dueBy: at(4)) == nil)
        #expect(heap.pop(dueBy: at(5))?.event == "early")
        #expect(heap.pop(dueBy: at(6)) == nil)
        #expect(heap.pop(dueBy: at(8))?.event == "late")
        #expect(heap.count == 1 && heap.next == .distantFuture)
        #expect(heap.pop(dueBy: .distantFuture)?.event == "never")
        #expect(heap.count == 0)
    }

    /// Events that are put in while others are taken out keep the order, too.
    @Test func theOrderHoldsWhileEventsComeAndGo() {
        var heap = EventHeap<Int>(), random = RandomStream(seed: 4), waiting: [(time: Int, number: Int)] = []
        for number in 0..<2_000 {
            let time = number / 10 + random.below(50)
            heap.insert(number, at: at(time))
            waiting.append((time, number))
            guard random.chance(0.6), let first = waiting.min(by: { ($0.time, $0.number) < ($1.time, $1.number) }) else { continue }
            #expect(heap.pop(dueBy: .distantFuture)?.event == first.number)
            waiting.removeAll { $0.number == first.number }
        }
        #expect(heap.count == waiting.count)
    }
}
