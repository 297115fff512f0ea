import World

extension Interleaving {
    /// 1 and 2 have y, which 3 has missed: it neither hears nor is heard.
    private static func whereThirdMissesOne(_ mutations: Set<Mutation>) -> Stage {
        let stage = Stage(stores: 5, mutations: mutations)
        stage.add("a", at: 1)
        stage.settle()
        stage.passes = { from, to in from != 3 && to != 3 }
        stage.add("y", at: 1)
        stage.settle()
        return stage
    }

    /// 2 is replaced by 4 and 1 dies, so that what 4 was given is all there is beside what 3 has.
    private static func replaceAHolder(_ mutations: Set<Mutation>) -> String? {
        let stage = whereThirdMissesOne(mutations)
        stage.passes = { _, _ in true }
        stage.beginToReplace(2, by: 4, at: [1, 2, 3, 4, 5])
        stage.endReplacing(at: [1, 2, 3, 4, 5])
        stage.kill(1)
        for number in 2...5 { stage.see(number, [2, 3, 4, 5]) }
        return stage.complaint(readingAt: 3)
    }

    static let epochs = [
        Interleaving(.oneJump, "1 and 2 have y, which 3 has missed; 2 is replaced by 4, and 3 and 4 are a majority") { mutations in
            replaceAHolder(mutations)
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
            replaceAHolder(mutations)
        },
        Interleaving(
            .newSetAlone, "1 and 2 have y, which 3 has missed; 2 is silent and 1 is replaced by 4, and what 3 and 4 have is carried over"
        ) { mutations in
            let stage = whereThirdMissesOne(mutations)
            stage.wait(.seconds(1))
            // Nobody thinks that 1 lives, so 3 carries; but 1 hears it and answers.
            stage.passes = { from, to in from != 2 && to != 2 }
            for number in [1, 3, 4, 5] { stage.see(number, [3, 4, 5]) }
            stage.beginToReplace(1, by: 4, at: [1, 3, 4, 5])
            stage.endReplacing(at: [1, 3, 4, 5])
            stage.passes = { _, _ in true }
            stage.kill(1)
            stage.adoptNewest(at: 2)
            for number in 2...5 { stage.see(number, [2, 3, 4, 5]) }
            return stage.complaint(readingAt: 3)
        },
        Interleaving(
            .oldSetAlone, "1 and 2 have y, which 3 has missed; 2 is replaced by 4, which hears nothing, and 3 and 4 are a majority"
        ) { mutations in
            let stage = whereThirdMissesOne(mutations)
            stage.passes = { from, to in ![3, 4].contains(from) && ![3, 4].contains(to) }
            for number in [1, 2, 5] { stage.see(number, [1, 2, 5]) }
            stage.beginToReplace(2, by: 4, at: [1, 2, 3, 4, 5])
            stage.endReplacing(at: [1, 2, 3, 4, 5])
            stage.passes = { _, _ in true }
            for number in 1...5 { stage.see(number, [1, 2, 3, 4, 5]) }
            stage.endReplacing(at: [1, 2, 3, 4, 5])
            stage.kill(1)
            for number in 2...5 { stage.see(number, [2, 3, 4, 5]) }
            return stage.complaint(readingAt: 3)
        },
        Interleaving(
            .listOfOne, "1 and 2 have the register, of which 3 knows nothing; 2 is replaced by 4, and 3 is the first to say what there is"
        ) { mutations in
            let stage = Stage(stores: 5, mutations: mutations)
            stage.passes = { from, to in from != 3 && to != 3 }
            stage.add("y", at: 1)
            stage.settle()
            stage.stalled = [1, 2]
            stage.passes = { from, to in [3, 4].contains(from) && [3, 4].contains(to) }
            for number in 1...5 { stage.see(number, [3, 4, 5]) }
            stage.beginToReplace(2, by: 4, at: [1, 2, 3, 4, 5])
            stage.wait(.milliseconds(500))
            stage.stalled = []
            stage.passes = { _, _ in true }
            stage.settle()
            stage.endReplacing(at: [1, 2, 3, 4, 5])
            stage.kill(1)
            for number in 2...5 { stage.see(number, [2, 3, 4, 5]) }
            return stage.complaint(readingAt: 3)
        },
    ]
}
