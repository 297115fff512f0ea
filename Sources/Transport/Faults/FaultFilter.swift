import MessagePack
import Wire
import World

/// Decides what happens to each frame of a node that was started with faults permitted.
///
/// It sits directly below the codec, in both directions, so everything above it (sessions, acknowledgements, membership)
/// meets the fault as it would meet the real one. Such a node sends one frame to a message, so that rules see frames.
public final class FaultFilter {
    /// Frames that the filter may hold back; more are lost, and counted so.
    package static let heldLimit = 65_536
    /// Bytes of the same.
    package static let heldBytesLimit = 64 << 20

    enum Verdict {
        case pass
        case drop
        case twice
        case changed([UInt8])
        /// Kept, to be released.
        case later(Instant)
    }

    /// What a rule looks at.
    package struct Subject {
        var peer: String?
        var lane: Lane
        var kind: UInt8?
        var isInbound: Bool

        package init(peer: String?, lane: Lane, kind: UInt8?, isInbound: Bool) {
            self.peer = peer
            self.lane = lane
            self.kind = kind
            self.isInbound = isInbound
        }
    }

    /// A frame that waits, with all that is needed to go on with it.
    package struct Held {
        package var packet: [UInt8]
        var path: PacketPath
        var subject: Subject
        var authenticatedPeer: String?
        fileprivate var rule: String
    }

    private struct Active {
        var rule: FaultRule
        var endsAt: Instant
        var hits: UInt64 = 0
        /// When a throttled rule has bytes to spend again.
        var freeAt = Instant.zero
        /// The last release of a delay, so that frames keep their order.
        var lastRelease = Instant.zero
    }

    private var random: RandomStream
    private var rules: [Active] = []
    /// What waits, by a number that counts what was held.
    private var held: [UInt64: Held] = [:]
    private var heldBytes = 0
    private var lastNumber: UInt64 = 0
    /// The numbers by their release. One that was released early is met again in vain.
    private var releases = EventHeap<UInt64>()
    /// The instant of the one entry for this filter among the links' timers that counts.
    var timerAt = Instant.distantFuture
    /// Frames lost because too many were held back.
    public private(set) var overflowed: UInt64 = 0

    package init(random: RandomStream) { self.random = random }

    /// When something must be released.
    var nextRelease: Instant { releases.next }

    func set(_ rule: FaultRule, now: Instant) {
        clear(rule.name, now: now)
        rules.append(Active(rule: rule, endsAt: now + .milliseconds(rule.ttlMs)))
    }

    /// Ends a rule, or all of them. What they held is released now.
    package func clear(_ name: String?, now: Instant) {
        rules.removeAll { name == nil || $0.rule.name == name }
        for (number, frame) in held.sorted(by: { $0.key < $1.key }) where name == nil || frame.rule == name {
            releases.insert(number, at: now)
        }
    }

    func status(now: Instant) -> [FaultRuleStatus] {
        rules.filter { $0.endsAt > now }.map {
            FaultRuleStatus(rule: $0.rule, hits: $0.hits, remainingMs: ($0.endsAt - now).milliseconds)
        }
    }

    func decide(_ packet: ArraySlice<UInt8>, _ subject: Subject, now: Instant) -> (verdict: Verdict, rule: String) {
        rules.removeAll { $0.endsAt <= now }
        guard let index = rules.firstIndex(where: { $0.rule.fits(subject) }) else { return (.pass, "") }
        let name = rules[index].rule.name
        guard random.chance(rules[index].rule.probability) else { return (.pass, name) }
        rules[index].hits += 1
        return (apply(&rules[index], packet, now), name)
    }

    private func apply(_ active: inout Active, _ packet: ArraySlice<UInt8>, _ now: Instant) -> Verdict {
        switch active.rule.action {
        case .pass: return .pass
        case .drop: return .drop
        case .duplicate: return .twice
        case .hold: return .later(active.endsAt)
        case .corrupt: return .changed(corrupted(packet))
        case .delay(let ms, let jitterMs):
            let jitter = jitterMs > 0 ? random.below(jitterMs * 1000 + 1) : 0
            var release = now + .milliseconds(ms) + .microseconds(jitter)
            if jitterMs == 0 { release = max(release, active.lastRelease) }
            active.lastRelease = release
            return .later(release)
        case .reorder(let withinMs):
            return .later(now + .microseconds(random.below(withinMs * 1000 + 1)))
        case .throttle(let rate):
            let start = max(now, active.freeAt)
            active.freeAt = start + .nanoseconds(Int64(Double(packet.count) * 1e9 / Double(rate)))
            return start <= now ? .pass : .later(start)
        }
    }

    private func corrupted(_ packet: ArraySlice<UInt8>) -> [UInt8] {
        var bytes = Array(packet)
        if bytes.isEmpty { return bytes }
        for _ in 0...random.below(4) { bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255)) }
        return bytes
    }

    /// False when too much is held already.
    package func hold(
        _ packet: [UInt8], _ path: PacketPath, _ subject: Subject, authenticatedPeer: String?, rule: String, until: Instant
    ) -> Bool {
        guard held.count < Self.heldLimit, heldBytes + packet.count <= Self.heldBytesLimit else {
            overflowed += 1
            return false
        }
        lastNumber += 1
        held[lastNumber] = Held(packet: packet, path: path, subject: subject, authenticatedPeer: authenticatedPeer, rule: rule)
        heldBytes += packet.count
        releases.insert(lastNumber, at: until)
        return true
    }

    /// Takes out what is due, in the order of release.
    package func takeDue(now: Instant) -> [Held] {
        var due: [Held] = []
        while let (number, _) = releases.pop(dueBy: now) {
            guard let frame = held.removeValue(forKey: number) else { continue }
            heldBytes -= frame.packet.count
            due.append(frame)
        }
        return due
    }
}

extension FaultRule {
    func fits(_ subject: FaultFilter.Subject) -> Bool {
        switch direction {
        case .inbound where !subject.isInbound: return false
        case .outbound where subject.isInbound: return false
        default: break
        }
        if let peer, peer != subject.peer { return false }
        if !lanes.isEmpty && !lanes.contains(subject.lane.description) { return false }
        if !kinds.isEmpty {
            guard let kind = subject.kind, kinds.contains(kind) else { return false }
        }
        return true
    }
}
