import World

/// What is to be said at the end of a turn, in one frame for each peer as far as it fits.
struct Outbox {
    private var order: [StoreID] = []
    private var items: [StoreID: [RegisterItem]] = [:]
    private var local: [RegisterItem] = []
    private var taken = 0

    mutating func add(_ item: RegisterItem, to peer: StoreID, isLocal: Bool) {
        if isLocal {
            local.append(item)
        } else {
            if items[peer] == nil { order.append(peer) }
            items[peer, default: []].append(item)
        }
    }

    /// The next of what the replica says to itself, in order.
    mutating func popLocal() -> RegisterItem? {
        guard taken < local.count else {
            local.removeAll(keepingCapacity: true)
            taken = 0
            return nil
        }
        taken += 1
        return local[taken - 1]
    }

    /// All that was said to others, in the order of the first word to each.
    mutating func take() -> [(StoreID, [RegisterItem])] {
        var frames: [(StoreID, [RegisterItem])] = []
        for peer in order {
            var frame: [RegisterItem] = [], bytes = 0
            for item in items[peer] ?? [] {
                if !frame.isEmpty && (frame.count == RegisterLimits.frameItems || bytes + item.size > RegisterLimits.frameBytes) {
                    frames.append((peer, frame))
                    (frame, bytes) = ([], 0)
                }
                frame.append(item)
                bytes += item.size
            }
            frames.append((peer, frame))
        }
        order.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
        return frames
    }
}
