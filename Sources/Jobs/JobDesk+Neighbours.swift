import World

/// What homes tell each other of their jobs: a home tells those who come after it on the ring.
extension JobDesk {
    /// Remembers another home's job.
    public func remember(_ note: JobNote<Document>) {
        // That of the acceptance may come after that of the end.
        if let known = notes[note.last.jobId], known.last.version > note.last.version { return }
        notes.insert(note, for: note.last.jobId)
    }

    /// Who comes after this node on the job's ring, nearest first: where whoever asks for the job looks when this node has gone.
    private func neighbours(of id: WorkID) -> [NodeIdentity] {
        let owners = view.ring.owners(of: id.description, count: Self.neighboursTold + 1, role: Machine.role)
        let names = owners.map(\.name).filter { $0 != identity.name }.prefix(Self.neighboursTold)
        return names.compactMap { name in view.seats.first { $0.node.name == name }?.node }
    }

    /// The next on the job's ring hears that the job is here.
    func tellNeighbour(_ accepted: Document) -> SpawnedTask? {
        guard let neighbour = neighbours(of: accepted.jobId).first else { return nil }
        let note = JobNote(home: identity, last: accepted)
        let crew = crew
        return world.spawn("\(Machine.role).note", on: executor) { _ = await crew.tell(note, to: neighbour) }
    }

    /// The first neighbour that listens hears how the job has ended, so that its answer stays the same when this node has gone.
    func tellEnd(_ last: Document) {
        let neighbours = neighbours(of: last.jobId)
        guard !neighbours.isEmpty else { return }
        let note = JobNote(home: identity, last: last)
        let crew = crew
        tellingEnds += 1
        world.spawn("\(Machine.role).end", on: executor) { [weak self] in
            for neighbour in neighbours where await crew.tell(note, to: neighbour) { break }
            await self?.endTold()
        }
    }

    private func endTold() { tellingEnds -= 1 }
}
