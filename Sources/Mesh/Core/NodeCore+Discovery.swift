import Distributed
import Transport
import Wire
import World

/// Check-ins and watches: what the core tells other nodes of its actors, and learns of theirs.
extension NodeCore {
    // MARK: Receptionist

    func checkIn(_ actor: ActorReference, as key: String) throws(MeshError) {
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

    func checkOut(_ actor: ActorReference, from key: String) { announce(reception.checkOut(actor, from: key)) }

    func listing(of key: String) -> [MeshActorID] { reception.listing(of: key, local: identity) }

    nonisolated func listings(of key: String) -> AsyncStream<[MeshActorID]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [MeshActorID].self, bufferingPolicy: .bufferingNewest(1))
        submit { core in
            if core.hasStopped { return continuation.finish() }
            let number = core.listingSubscribers.add(continuation, to: key)
            continuation.onTermination = { _ in core.submit { $0.listingSubscribers.remove(number, from: key) } }
            continuation.yield(core.listing(of: key))
        }
        return stream
    }

    /// Tells every session, and this node's own readers, what is now under the keys.
    private func announce(_ keys: [String]) {
        guard !keys.isEmpty else { return }
        receptionVersion += 1
        let entries = keys.map { Self.entry($0, reception.localActors(of: $0)) }
        let update = ReceptionistUpdate(version: receptionVersion, isFull: false, entries: entries)
        for node in peers.keys.sorted() { if let session = peers[node]?.session { tell(update, session) } }
        listingsChanged(keys)
    }

    /// A session has begun: its peer gets all that is checked in here.
    func sendReception(_ session: SessionID) {
        guard !reception.isEmpty else { return }
        let entries = reception.snapshot.map { Self.entry($0.key, $0.actors) }
        tell(ReceptionistUpdate(version: receptionVersion, isFull: true, entries: entries), session)
    }

    /// A link too full for this has to begin again, with the whole book.
    private func tell(_ update: ReceptionistUpdate, _ session: SessionID) {
        if send(update, on: session) == .overloaded {
            links.drop(session, reason: "its queue has no room for the receptionist's news")
        }
    }

    private static func entry(_ key: String, _ actors: [ActorReference]) -> ReceptionistUpdate.Entry {
        ReceptionistUpdate.Entry(
            key: key, listings: actors.map { .init(actor: $0.number, typeName: $0.type.mangledName) })
    }

    func received(_ update: ReceptionistUpdate, from node: NodeIdentity) {
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

    func listingsChanged(_ keys: [String]) {
        for key in keys where listingSubscribers.hasReaders(of: key) {
            listingSubscribers.tell(listing(of: key), about: key)
        }
    }

    // MARK: Watches

    /// A stream of one element: how the actor came to its end.
    nonisolated func watch(_ id: MeshActorID) -> AsyncStream<Termination> {
        let (stream, continuation) = AsyncStream.makeStream(of: Termination.self)
        submit { core in
            let watch = core.watches.add(continuation, on: id)
            continuation.onTermination = { _ in core.submit { $0.unwatch(watch.number, on: id) } }
            if watch.isFirst { core.beginWatch(id) }
        }
        return stream
    }

    private func beginWatch(_ id: MeshActorID) {
        if id.node == identity {
            if registry.cell(id.type, number: id.number) == nil { terminated(id, .stopped) }
        } else if !membership.isLive(id.node) {
            terminated(id, .nodeDown)
        } else if let session = peers[id.node]?.session {
            send(Watch(actor: id.number, typeName: id.type.mangledName), on: session)
        } else {
            dial(id.node)
        }
    }

    private func unwatch(_ number: UInt64, on id: MeshActorID) {
        guard watches.remove(number, on: id), let session = peers[id.node]?.session else { return }
        send(Unwatch(actor: id.number, typeName: id.type.mangledName), on: session)
    }

    /// A session has begun: its peer may not know of this node's watches.
    func sendWatches(to node: NodeIdentity, _ session: SessionID) {
        for id in watches.targets(on: node) {
            send(Watch(actor: id.number, typeName: id.type.mangledName), on: session)
        }
    }

    private func terminated(_ id: MeshActorID, _ how: Termination) { end(watches.take(id), how) }

    func nodeWentDown(_ node: NodeIdentity) {
        end(watches.takeAll(on: node), .nodeDown)
        watches.forget(node)
        listingsChanged(reception.forget(node))
    }

    private func end(_ watchers: [Watches.Watcher], _ how: Termination) {
        for watcher in watchers {
            watcher.yield(how)
            watcher.finish()
        }
    }

    func received(_ watch: Watch, from node: NodeIdentity, by session: SessionID) {
        let actor = ActorReference(type: ActorType(mangledName: watch.typeName), number: watch.actor)
        let isHere = registry.cell(actor.type, number: actor.number) != nil
        if !isHere || !watches.watch(actor, for: node) {
            send(Terminated(actor: watch.actor, typeName: watch.typeName), on: session, as: .control)
        }
    }

    func received(_ unwatch: Unwatch, from node: NodeIdentity) {
        watches.unwatch(
            ActorReference(type: ActorType(mangledName: unwatch.typeName), number: unwatch.actor), for: node)
    }

    func received(_ ended: Terminated, from node: NodeIdentity) {
        terminated(
            MeshActorID(node: node, type: ActorType(mangledName: ended.typeName), number: ended.actor), .stopped)
    }

    /// A local actor is gone.
    func resigned(_ actor: ActorReference) {
        announce(reception.checkOut(actor))
        terminated(MeshActorID(node: identity, type: actor.type, number: actor.number), .stopped)
        for node in watches.takeWatchingNodes(of: actor) {
            guard let session = peers[node]?.session else { continue }
            send(Terminated(actor: actor.number, typeName: actor.type.mangledName), on: session, as: .control)
        }
    }
}

extension MeshActorSystem {
    /// Tells how the actor comes to its end, as a stream of one element.
    ///
    /// A node that dies ends all its actors. An actor that cannot be watched, because its node is full of watches, counts
    /// as stopped at once.
    public func watch(_ id: MeshActorID) -> AsyncStream<Termination> { core.watch(id) }

    /// Tells how the actor comes to its end. See ``watch(_:)-(MeshActorID)``.
    public func watch<Act>(_ actor: Act) -> AsyncStream<Termination>
    where Act: DistributedActor, Act.ActorSystem == MeshActorSystem { watch(actor.id) }
}
