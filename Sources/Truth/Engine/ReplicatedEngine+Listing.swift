import Membership
import Mesh
import Registers
import World

extension ReplicatedEngine: RegisterCatalogue {
    /// Stores that are asked at a time.
    private static let askedAtOnce = 32

    public func list(_ listing: RegisterListing, patience: Duration) async -> RegisterList {
        // As it was when it was decided whom to ask.
        let holders = holders, without = shardsWithoutStore
        var pages: [(node: String, page: RegisterPage)] = [], unheard: [String] = []
        for (node, page) in await ask(listing, holders, patience) {
            if let page { pages.append((node, page)) } else { unheard.append(node) }
        }
        // In the order of names, whoever was faster.
        pages.sort { $0.node < $1.node }
        let limit = min(max(listing.limit, 1), RegisterLimits.surveyedEntries)
        return RegisterList(merging: pages, limit: limit, unheard: unheard, shardsWithoutStore: without)
    }

    private func ask(
        _ listing: RegisterListing, _ holders: [(store: StoreID, node: NodeIdentity)], _ patience: Duration
    ) async -> [(String, RegisterPage?)] {
        await withTaskGroup(of: (String, RegisterPage?).self) { group in
            var waiting = holders[...]
            func askNext() {
                guard let next = waiting.popFirst() else { return }
                group.addTask { [self] in (next.node.name, try? await ask(next.store, next.node, listing, patience)) }
            }
            for _ in 0..<Self.askedAtOnce { askNext() }
            var answers: [(String, RegisterPage?)] = []
            for await answer in group {
                answers.append(answer)
                askNext()
            }
            return answers
        }
    }

    private func ask(
        _ store: StoreID, _ peer: NodeIdentity, _ listing: RegisterListing, _ patience: Duration
    ) async throws -> RegisterPage {
        if store == self.store { return try await listHere(listing, patience: patience) }
        let order = ListOrder(listing, patience: patience)
        let bytes = try await system.withDeadline(patience + Self.travel) { [system] in
            try await system.singleton(LookDoor.self, on: peer).list(order)
        }
        return try RegisterPage(unpacking: bytes)
    }

    /// The registers of which this node's own store is the home: turn by turn, so that others have theirs in between.
    nonisolated(nonsending) func listHere(_ listing: RegisterListing, patience: Duration) async throws -> RegisterPage {
        let deadline = world.now + patience
        var page = RegisterPage(), rest = listing
        rest.limit = min(max(listing.limit, 1), RegisterLimits.surveyedEntries)
        while true {
            let more = try RegisterPage(unpacking: try await turn(rest))
            page.append(more)
            rest.limit -= more.entries.count
            rest.before = more.reached
            let isFull = rest.limit == 0 || page.bytes >= RegisterLimits.surveyBytes
            if more.reached == nil || isFull || world.now >= deadline || Task.isCancelled { return page }
        }
    }
}
