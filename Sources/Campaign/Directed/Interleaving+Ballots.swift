import World

extension Interleaving {
    static let ballots = [
        Interleaving(
            .ballotReused,
            "1 proposes x, which reaches nobody else; then y under the same ballot, which 1 takes for x and answers with yes"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from == to }
            stage.add("x", at: 1, within: .milliseconds(100))
            stage.settle()
            stage.wait(.milliseconds(150))
            stage.add("y", at: 1)
            // 2 and 3 promise; the change then reaches 2 alone.
            stage.passes = { _, _ in true }
            stage.isHeld = { from, to in (from, to) == (3, 1) }
            stage.waitForHeld(.seconds(2))
            stage.passes = { from, to in (from, to) != (1, 3) }
            stage.release()
            stage.wait(.seconds(2))
            stage.kill(2)
            stage.see(1, [1, 3])
            stage.see(3, [1, 3])
            stage.passes = { _, _ in true }
            return stage.complaint(readingAt: 3)
        },
        Interleaving(
            .promiseInMemory,
            "2 promises 3, forgets it in a restart, and accepts y of 1; then 3, which has the promise, replaces y by z"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in Set([from, to]) != [1, 3] }
            stage.isHeld = { from, to in (from, to) == (2, 3) }
            stage.add("z", at: 3)
            stage.settle()
            stage.kill(2)
            // What is in the air stays there; what is said from now on arrives.
            stage.isHeld = { _, _ in false }
            stage.start(2)
            stage.see(2, [1, 2, 3])
            stage.settle()
            stage.add("y", at: 1)
            stage.settle()
            stage.release()
            stage.passes = { _, _ in true }
            stage.wait(.seconds(2))
            return stage.complaint(readingAt: 2)
        },
        Interleaving(
            .lifeForgotten,
            "two lives of 1 propose under one ballot: x of the first, which 3 has, and y of the second, which 3 takes for x"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 3)
            stage.settle()
            // The disk of 1 writes nothing of its first life's proposal. 2 and 3 promise, and the change reaches 3 alone.
            stage.stalled = [1]
            stage.isHeld = { from, to in (from, to) == (3, 1) }
            stage.add("x", at: 1)
            stage.settle()
            stage.passes = { from, to in (from, to) != (1, 2) }
            stage.release()
            stage.kill(1)
            stage.stalled = []
            stage.passes = { _, _ in true }
            stage.start(1)
            stage.see(1, [1, 2, 3])
            stage.settle()
            // The second life asks 2, which promised that ballot to the first, and its change reaches 3.
            stage.passes = { from, to in Set([from, to]) != [1, 3] }
            stage.isHeld = { from, to in (from, to) == (2, 1) }
            stage.add("y", at: 1)
            stage.settle()
            stage.passes = { from, to in (from, to) != (1, 2) }
            stage.release()
            stage.wait(.seconds(2))
            stage.kill(1)
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.passes = { _, _ in true }
            return stage.complaint(readingAt: 2)
        },
        Interleaving(
            .roundsRepeated,
            "the yes of 3 to b, of the first life of 1, comes when the second life asks for y, and 1 takes it for a yes to y"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            // In each life the first round prepares, the second is of the first change, and the third of the next.
            stage.add("a", at: 1)
            stage.settle()
            stage.isHeld = { from, to in (from, to) == (3, 1) }
            stage.add("b", at: 1)
            stage.settle()
            // What is in the air stays there; what is said from now on arrives.
            stage.isHeld = { _, _ in false }
            stage.kill(1)
            stage.start(1)
            stage.see(1, [1, 2, 3])
            stage.settle()
            stage.add("c", at: 1)
            stage.settle()
            // Nobody hears of y.
            stage.passes = { from, to in from == to }
            stage.add("y", at: 1)
            stage.settle()
            stage.passes = { from, _ in from != 1 }
            stage.release()
            stage.kill(1)
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.passes = { _, _ in true }
            return stage.complaint(readingAt: 2)
        },
    ]
}
