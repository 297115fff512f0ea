import World

extension Interleaving {
    static let reads = [
        Interleaving(.readFromOneReplica, "1 and 2 have y, and 3, which has not, is asked") { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("y", at: 1)
            stage.settle()
            stage.passes = { _, _ in true }
            return stage.complaint(readingAt: 3)
        },
        Interleaving(
            .unconfirmedReads, "1 is the home and cut off; 2 takes over and has y; 1, which believes that it still is, is asked"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 1 && to != 1 }
            stage.add("y", at: 2)
            stage.settle()
            return stage.complaint(readingWithoutMajorityAt: 1)
        },
    ]
}
