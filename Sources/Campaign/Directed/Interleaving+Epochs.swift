import World

extension Interleaving {
    static let epochs = [
        Interleaving(.oneJump, "1 and 2 have y, which 3 has missed; 2 is replaced by 4, and 3 and 4 are a majority") { mutations in
            let stage = Stage(stores: 5, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("y", at: 1)
            stage.settle()
            stage.passes = { _, _ in true }
            stage.beginToReplace(2, by: 4, at: [1, 2, 3, 4, 5])
            stage.endReplacing(at: [1, 2, 3, 4, 5])
            stage.kill(1)
            for number in 2...5 { stage.see(number, [2, 3, 4, 5]) }
            return stage.complaint(readingAt: 3)
        },
        Interleaving(
            .noFence, "all is carried over to 4; then 3, which has not heard of it, has x accepted by 2, under the old epoch"
        ) { mutations in
            let stage = Stage(stores: 5, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.beginToReplace(3, by: 4, at: [1, 2, 4, 5])
            stage.waitUntilCarried()
            stage.passes = { from, to in Set([from, to]) == [2, 3] }
            stage.add("x", at: 3)
            stage.wait(.seconds(3))
            stage.kill(3)
            stage.passes = { _, _ in true }
            stage.endReplacing(at: [1, 2, 4, 5])
            stage.kill(2)
            for number in [1, 4, 5] { stage.see(number, [1, 4, 5]) }
            return stage.complaint(readingAt: 1)
        },
        Interleaving(.noRescan, "1 and 2 have y, which 3 has missed; 4 takes over from 2 with empty hands") { mutations in
            let stage = Stage(stores: 5, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("y", at: 1)
            stage.settle()
            stage.passes = { _, _ in true }
            stage.beginToReplace(2, by: 4, at: [1, 2, 3, 4, 5])
            stage.endReplacing(at: [1, 2, 3, 4, 5])
            stage.kill(1)
            for number in 2...5 { stage.see(number, [2, 3, 4, 5]) }
            return stage.complaint(readingAt: 3)
        },
    ]
}
