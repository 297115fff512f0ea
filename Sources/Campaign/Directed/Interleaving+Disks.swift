import World

extension Interleaving {
    static let disks = [
        Interleaving(
            .wipedDiskVotes,
            "1 and 2 have y; 2 comes back with an empty disk and makes a majority with 3, which never had it"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("y", at: 1)
            stage.settle()
            stage.kill(1)
            stage.kill(2)
            stage.wipe(2)
            stage.passes = { _, _ in true }
            stage.start(2)
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.wait(.seconds(1))
            return stage.complaint(readingWithoutMajorityAt: 3)
        },
        Interleaving(
            .olderDiskVotes,
            "1 and 2 have y; 2 comes back with a copy of its disk from before, and makes a majority with 3, which has heard of it since"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            let copy = stage.copy(of: 2)
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("y", at: 1)
            stage.settle()
            stage.kill(1)
            // 3 begins anew and asks 2 what it has heard; by the answer it hears how far 2 has come.
            stage.kill(3)
            stage.passes = { _, _ in true }
            stage.start(3)
            stage.see(3, [2, 3])
            stage.wait(.seconds(1))
            stage.kill(2)
            stage.replaceDisk(of: 2, by: copy)
            stage.passes = { _, _ in true }
            stage.start(2)
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.wait(.seconds(1))
            return stage.complaint(readingWithoutMajorityAt: 3)
        },
        Interleaving(
            .deltaOnAnyBase,
            "3 misses b and takes c, which builds on it; then 1 is gone and 3 tells what it has"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations)
            stage.add("a", at: 1)
            stage.settle()
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("b", at: 1)
            stage.settle()
            // 2 does not hear of c, and 3 cannot fetch what it lacks: its questions are lost.
            stage.passes = { from, to in from != 2 && to != 2 }
            stage.add("c", at: 1)
            stage.settle()
            stage.kill(1)
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.passes = { _, _ in true }
            return stage.complaint(readingAt: 3)
        },
    ]
}
