import World

// PARTS THAT HAVE A PLACE
//
// Some work is about where it is done: whether a host answers differs from node to node, and to compare them each has to look for itself. Such a part
// names its node. It goes to that node and, when its call is lost, to that node again, in whichever life it is; to no other, because the
// answer of another would be no answer to what was asked.
//
// A node that is no worker (dead, gone, out of reach, without the role) may be back in a moment, as nodes are when they are restarted. So the part waits,
// and only when nobody of that name has worked for a while does it fail. That is an answer, and its actor need not wait for a deadline to have it.
// What a node has that is no longer a worker, such as one that is drained, it may finish: the wait begins when its call ends.

extension Scatter {
    /// How long a part waits for a node that is not among the workers.
    package static let placeGrace = Duration.seconds(5)

    /// Ends the parts whose places have not been among the workers for too long.
    mutating func giveUpAbsentPlaces(_ now: Instant, _ effects: inout [Effect]) {
        for name in waiting {
            guard var entry = parts[name], let place = entry.part.place else { continue }
            if seats.contains(where: { $0.node.name == place }) {
                (entry.absentSince, entry.hasPlaceDied) = (nil, false)
            } else {
                entry.absentSince = entry.absentSince ?? now
            }
            parts[name] = entry
            guard let since = entry.absentSince, now - since > Self.placeGrace else { continue }
            let reason = entry.hasPlaceDied
                ? "node \(place) has died" : "node \(place) cannot be had: it has left, is out of reach, or does no \(kind.name)"
            forget(name, except: nil, &effects)
            // No node has done it, nor tried last.
            effects.append(.ended(name, WorkReport(result: .failed(reason), node: "", resent: entry.resent)))
        }
    }
}

extension Scatter.Entry {
    /// The mesh holds the node for dead.
    mutating func noteDeath(of node: NodeIdentity) { if part.place == node.name { hasPlaceDied = true } }
}
