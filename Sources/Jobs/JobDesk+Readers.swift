import World

/// Those who wait for a job's next change, and the beat at which they hear of it.
extension JobDesk {
    /// Returns when the job is no longer at version `seen`, or is not running, or `patience` is over.
    func waitForChange(of id: WorkID, from seen: UInt64, patience: Duration) async {
        let patience = min(patience, Self.longestPatience)
        guard patience > .zero, running[id] != nil else { return }
        readerCount += 1
        await withCheckedContinuation { continuation in
            // The job may have changed, even ended, since it was looked at: only this body is sure to run in one go.
            guard let version = running[id]?.job.version, version <= seen, readerCount <= Self.readersAllowed else {
                return continuation.resume()
            }
            let reader = Reader(seen: seen, until: world.now + patience, continuation: continuation)
            running[id]?.readers.append(reader)
        }
        readerCount -= 1
    }

    /// One task for all jobs, only while there are any. Progress reaches readers at its beat, the end of a job at once.
    func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        world.spawn("\(Machine.role).tick", on: executor) { [weak self, world] in
            while await self?.tick() ?? false {
                do { try await world.sleep(for: Machine.tickInterval) } catch { return }
            }
        }
    }

    /// False when there is nothing left to tick for.
    private func tick() -> Bool {
        for id in running.keys.sorted() {
            handle(.tick, id)
            answerReaders(of: id)
        }
        isTicking = !running.isEmpty
        return isTicking
    }

    private func answerReaders(of id: WorkID) {
        guard let entry = running[id], !entry.readers.isEmpty else { return }
        let now = world.now
        let (due, waiting) = entry.readers.partitioned { entry.job.version > $0.seen || now >= $0.until }
        running[id]?.readers = waiting
        for reader in due { reader.continuation.resume() }
    }
}

extension Array {
    /// The elements that satisfy the predicate, and the others, both in order.
    fileprivate func partitioned(_ predicate: (Element) -> Bool) -> ([Element], [Element]) {
        reduce(into: ([], [])) { lists, element in
            if predicate(element) { lists.0.append(element) } else { lists.1.append(element) }
        }
    }
}
