import World

extension Interleaving {
    static let quorums = [
        Interleaving(
            .majorityOfTheLiving, "1 is cut off, believes the others dead and is its own majority; the others are theirs"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in (from == 1) == (to == 1) }
            stage.see(1, [1])
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.add("x", at: 1)
            stage.settle()
            stage.add("y", at: 2)
            stage.settle()
            stage.passes = { _, _ in true }
            for number in 1...3 { stage.see(number, [1, 2, 3]) }
            return stage.complaint(readingAt: 2)
        },
        Interleaving(
            .replicasFromTheRing, "1, 2 and 3 have x; 1 and 2 die, 4 and 5 take their places and outvote 3"
        ) { mutations in
            let stage = Stage(stores: 5, mutations: mutations)
            stage.add("x", at: 1)
            stage.settle()
            stage.kill(1)
            stage.kill(2)
            for number in 3...5 { stage.see(number, [3, 4, 5]) }
            stage.passes = { from, to in from != 3 && to != 3 }
            return stage.complaint(readingWithoutMajorityAt: 4)
        },
    ]

    static let memory = [
        Interleaving(.acknowledgedBeforeCommit, "1 says yes to y, of which nobody else has heard, and dies") { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from == to }
            stage.add("y", at: 1)
            stage.settle()
            stage.kill(1)
            stage.passes = { _, _ in true }
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            return stage.complaint(readingAt: 2)
        },
        Interleaving(.noOperationIDs, "the answer to x is lost, and x is asked for again") { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            let operation = stage.operation()
            stage.add("x", at: 1, operation: operation)
            stage.settle()
            stage.add("x", at: 2, operation: operation)
            stage.settle()
            return stage.complaint(readingAt: 1)
        },
        Interleaving(
            .rowsFreedWithoutTheHorizon, "x is forgotten by its age, and asked for again by somebody who was away for long"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations, retention: .seconds(2 * 3_600))
            let operation = stage.operation()
            stage.add("x", at: 1, operation: operation)
            stage.settle()
            // Only what is part of the base can be freed.
            stage.add("y", at: 1)
            stage.settle()
            stage.wait(.seconds(4 * 3_600))
            stage.add("x", at: 1, operation: operation)
            stage.settle()
            return stage.complaint(readingAt: 1)
        },
    ]
}
