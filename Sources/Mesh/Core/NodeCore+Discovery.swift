import Distributed
import Transport
import Wire
import World

/// Check-ins and watches: what the core tells other nodes of its actors, and learns of theirs.
extension NodeCore {
    // MARK: Receptionist

    func checkIn(_ actor: ActorReference, as key: String) throws(MeshError) {
        if hasStopped { throw MeshError(.nodeDown, outcome: .failed, "this node, \(identity), has stopped") }
        try checkSize(actor, key)
        guard let changed = reception.checkIn(actor, as: key) else {
            throw MeshError(
                .overloaded, outcome: .failed,
                "\(identity) has \(Reception.limit) actors checked in, the limit; check some out")
        }
        guard changed else { return }
        // A peer to which nothing leads yet gets the whole book when its session begins.
        for member in membership.members where member.status.isLive && member.identity != identity { dial(member.identity) }
        announce([key])
    }

    /// Peers take no longer key, and a key's whole listing travels in one frame.
    private func checkSize(_ actor: ActorReference, _ key: String) throws(MeshError) {
        guard key.utf8.count <= WireLimits.symbolBytes else {
            throw MeshError(
                .tooLarge, outcome: .failed,
                "the key \(key.prefix(40))... has \(key.utf8.count) bytes with its actor type, and a key may have \(WireLimits.symbolBytes)")
        }
        let entry = Self.entry(key, reception.localActors(of: key) + [actor])
        guard entry.packedBytes <= ReceptionistUpdate.pieceBytes else {
            throw MeshError(
                .tooLarge, outcome: .failed,
                "\(entry.listings.count) actors of \(identity) under the key \(key) do not fit into a frame; use several keys")
        }
    }

    func checkOut(_ actor: ActorReference, from key: String) { announce(reception.checkOut(actor, from: key)) }

    func listing(of key: String) -> [MeshActorID] { reception.listing(of: key, local: identity) }

    nonisolated func listings(of key: String) -> AsyncStream<[MeshActorID]> {
        subscribe(buffering: .bufferingNewest(1)) { core, subscription in
            guard core.listingSubscribers.add(subscription, to: key) else { return false }
            subscription.continuation.yield(core.listing(of: key))
            return true
        } remove: { core, number in
            core.listingSubscribers.remove(number, from: key)
        }
    }

    /// Tells every session, and this node's own readers, what is now under the keys.
    private func announce(_ keys: [String]) {
        guard !keys.isEmpty else { return }
        receptionVersion += 1
        let entries = keys.map { Self.entry($0, reception.localActors(of: $0)) }
        let updates = ReceptionistUpdate.pieces(version: receptionVersion, isFull: false, entries: entries)
        for node in peers.keys.sorted() { if let session = peers[node]?.session { tell(updates, session) } }
        listingsChanged(keys)
    }

    /// Whether anything was ever checked in here: a book that is empty by now may not have been when a session ended, and the
    /// peer still believes what it has read.
    var hasBook: Bool { receptionVersion > 0 }

    /// A session has begun: its peer gets all that is checked in here.
    func sendReception(_ session: SessionID) {
        guard hasBook else { return }
        let entries = reception.snapshot.map { Self.entry($0.key, $0.actors) }
        tell(ReceptionistUpdate.pieces(version: receptionVersion, isFull: true, entries: entries), session)
    }

    /// A link too full for this has to begin again, with the whole book.
    private func tell(_ updates: [ReceptionistUpdate], _ session: SessionID) {
        for update in updates where send(update, on: session) == .overloaded {
            return links.drop(session, reason: "its queue has no room for the receptionist's news")
        }
    }

    private static func entry(_ key: String, _ actors: [ActorReference]) -> ReceptionistUpdate.Entry {
        ReceptionistUpdate.Entry(
            key: key, listings: actors.map { .init(actor: $0.number, typeName: $0.type.mangledName) })
    }

    func received(_ update: ReceptionistUpdate, from node: NodeIdentity, by session: SessionID) {
        bookSessions[node] = session
        let entries = update.entries.map { entry in
            (
                key: entry.key,
                actors: entry.listings.map {
                    ActorReference(type: ActorType(mangledName: $0.typeName), number: $0.actor)
                }
            )
        }
        listingsChanged(reception.update(from: node, isWhole: update.isFull, entries: entries))
    }

    /// What is known by the word of a node that is no live member goes with the session: no verdict on the node will come. A live
    /// one sends its book again by the next.
    func bookLost(_ session: SessionInfo) {
        guard bookSessions[session.peer] == session.id else { return }
        bookSessions[session.peer] = nil
        if !membership.isLive(session.peer) { listingsChanged(reception.forget(session.peer)) }
    }

    func listingsChanged(_ keys: [String]) {
        for key in keys where listingSubscribers.hasReaders(of: key) {
            listingSubscribers.tell(listing(of: key), about: key)
        }
    }

    // MARK: Watches

    /// A stream of one element: how the actor came to its end.
    nonisolated func watch(_ id: MeshActorID) -> AsyncStream<Termination> {
        subscribe(buffering: .unbounded, farewell: .nodeDown) { core, subscription in
            guard let isFirst = core.watches.add(subscription, on: id) else { return false }
            if isFirst { core.beginWatch(id) }
            return true
        } remove: { core, number in
            core.unwatch(number, on: id)
        }
    }

    private func beginWatch(_ id: MeshActorID) {
        if id.node == identity {
            if registry.cell(id.type, number: id.number) == nil { terminated(id, .stopped) }
        } else if !membership.isLive(id.node) {
            terminated(id, .nodeDown)
        } else if let session = peers[id.node]?.session {
            send(Watch(actor: id.number, typeName: id.type.mangledName), on: session, as: .control)
        } else {
            dial(id.node)
        }
    }

    private func unwatch(_ number: UInt64, on id: MeshActorID) {
        guard watches.remove(number, on: id), let session = peers[id.node]?.session else { return }
        send(Unwatch(actor: id.number, typeName: id.type.mangledName), on: session, as: .control)
    }

    /// A session has begun: its peer may not know of this node's watches.
    func sendWatches(to node: NodeIdentity, _ session: SessionID) {
        for id in watches.targets(on: node) {
            send(Watch(actor: id.number, typeName: id.type.mangledName), on: session, as: .control)
        }
    }

    private func terminated(_ id: MeshActorID, _ how: Termination) { end(watches.take(id), how) }

    func nodeWentDown(_ node: NodeIdentity) {
        end(watches.takeAll(on: node), .nodeDown)
        bookSessions[node] = nil
        listingsChanged(reception.forget(node))
    }

    func end(_ watchers: [Watches.Watcher], _ how: Termination) {
        for watcher in watchers {
            watcher.yield(how)
            watcher.finish()
        }
    }

    func received(_ watch: Watch, by session: SessionID) {
        let actor = ActorReference(type: ActorType(mangledName: watch.typeName), number: watch.actor)
        let isHere = registry.cell(actor.type, number: actor.number) != nil
        if !isHere || !watches.watch(actor, for: session) {
            send(Terminated(actor: watch.actor, typeName: watch.typeName), on: session, as: .control)
        }
    }

    func received(_ unwatch: Unwatch, by session: SessionID) {
        watches.unwatch(
            ActorReference(type: ActorType(mangledName: unwatch.typeName), number: unwatch.actor), for: session)
    }

    func received(_ ended: Terminated, from node: NodeIdentity) {
        terminated(
            MeshActorID(node: node, type: ActorType(mangledName: ended.typeName), number: ended.actor), .stopped)
    }

    /// A local actor is gone.
    func resigned(_ actor: ActorReference) {
        announce(reception.checkOut(actor))
        terminated(MeshActorID(node: identity, type: actor.type, number: actor.number), .stopped)
        for session in watches.takeSessions(watching: actor) {
            send(Terminated(actor: actor.number, typeName: actor.type.mangledName), on: session, as: .control)
        }
    }
}

extension MeshActorSystem {
    /// Tells how the actor comes to its end, as a stream of one element.
    ///
    /// A node that dies ends all its actors; when this node stops, all streams end with `nodeDown`, because nobody is left to tell more.
    /// A node holds 32,768 watches; the stream of one beyond ends without an element.
    public func watch(_ id: MeshActorID) -> AsyncStream<Termination> { core.watch(id) }

    /// Tells how the actor comes to its end. See ``watch(_:)-(MeshActorID)``.
    public func watch<Act>(_ actor: Act) -> AsyncStream<Termination>
    where Act: DistributedActor, Act.ActorSystem == MeshActorSystem { watch(actor.id) }
}
