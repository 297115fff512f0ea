import Wire
import World

/// What the network tells a node.
enum SimulatedEvent {
    case packetOn(ChannelID, [UInt8])
    case packetFrom(RouteID, [UInt8])
    case connected(ChannelID)
    case disconnected(ChannelID)
    case probeEnded(PeerAddress, ProbeOutcome)
}

/// All nodes, listeners, channels and packets of a ``SimulatedNetwork``.
struct SimulatedNetworkState {
    struct Pair: Hashable {
        var from: String
        var to: String
    }

    private struct Attachment {
        let node: String
        let loop: SimulatedEventLoop
        var inbox: [SimulatedEvent] = []
        var isAlive = true
    }

    /// A channel and the connection that it has, if any. Its number is also the connection's route.
    private struct Channel {
        let owner: Int
        let lane: Lane
        let address: PeerAddress
        /// The attachment at the other end, while connected.
        var peer: Int?
        /// Counts the connections of the channel: what was under way on an earlier one is lost.
        var connection = 0
        var retryAfter = Duration.milliseconds(100)
        var lastArrival: [Instant] = [.zero, .zero]
    }

    /// A packet under way.
    private struct Transit {
        let channel: UInt32
        let connection: Int
        let isBack: Bool
        let packet: [UInt8]
    }

    private let simulation: Simulation
    private var random: RandomStream
    var conditions: SimulatedNetwork.Conditions
    var pairConditions: [Pair: SimulatedNetwork.Conditions] = [:]
    var cuts: [Pair: SimulatedNetwork.Cut] = [:]
    /// Hosts by their other names.
    var names: [String: String] = [:]
    private(set) var connects: [String: Int] = [:]
    private var held: [(Pair, Transit)] = []
    private var attachments: [Attachment] = []
    private var listeners: [PeerAddress: (attachment: Int, lane: Lane)] = [:]
    private var channels: [UInt32: Channel] = [:]
    private var nextChannel: UInt32 = 0
    private(set) var packets = 0
    private(set) var bytes = 0

    init(simulation: Simulation, conditions: SimulatedNetwork.Conditions) {
        self.simulation = simulation
        self.conditions = conditions
        random = simulation.random("network")
    }

    mutating func attach(_ node: String, _ loop: SimulatedEventLoop) -> Int {
        attachments.append(Attachment(node: node, loop: loop))
        return attachments.count - 1
    }

    /// The lane whose port is taken, or `nil` when all three are bound.
    mutating func listen(_ attachment: Int, host: String, port: UInt16) -> Lane? {
        let places = Lane.allCases.map { ($0, PeerAddress(host: host, port: port &+ UInt16($0.rawValue))) }
        if let (lane, _) = places.first(where: { listeners[$0.1] != nil }) { return lane }
        for (lane, place) in places { listeners[place] = (attachment, lane) }
        return nil
    }

    mutating func takeInbox(_ attachment: Int) -> [SimulatedEvent] {
        defer { attachments[attachment].inbox = [] }
        return attachments[attachment].inbox
    }

    private mutating func tell(_ attachment: Int, _ event: SimulatedEvent) {
        guard attachments[attachment].isAlive else { return }
        attachments[attachment].inbox.append(event)
        attachments[attachment].loop.wake()
    }

    private mutating func latency(_ pair: Pair) -> Duration {
        let conditions = pairConditions[pair] ?? conditions
        let spread = max(0, (conditions.maxLatency - conditions.minLatency).nanoseconds / 1000)
        return conditions.minLatency + .microseconds(random.below(Int(spread) + 1))
    }

    private func pair(_ from: Int, _ to: Int) -> Pair { Pair(from: attachments[from].node, to: attachments[to].node) }
}

// MARK: - Connecting

extension SimulatedNetworkState {
    mutating func open(_ owner: Int, _ lane: Lane, _ address: PeerAddress, _ network: SimulatedNetwork) -> ChannelID {
        nextChannel += 1
        channels[nextChannel] = Channel(owner: owner, lane: lane, address: address)
        connect(nextChannel, network)
        return ChannelID(number: nextChannel)
    }

    private func resolve(_ host: String) -> String { names[host] ?? host }

    private mutating func connect(_ number: UInt32, _ network: SimulatedNetwork) {
        guard let channel = channels[number] else { return }
        let host = resolve(channel.address.host)
        connects[host, default: 0] += 1
        let place = PeerAddress(host: host, port: channel.address.port(of: channel.lane))
        let target = listeners[place]?.attachment
        let there = target.map { pair(channel.owner, $0) }
        let roundTrip = latency(there ?? Pair(from: "", to: "")) * 2
        let isSilent = there.map { cuts[$0] != nil || cuts[Pair(from: $0.to, to: $0.from)] != nil } ?? false
        simulation.schedule(at: simulation.now + (isSilent ? .seconds(1) : roundTrip)) {
            network.state.withLock { $0.finishConnect(number, place, isSilent: isSilent, network) }
        }
    }

    private mutating func finishConnect(_ number: UInt32, _ place: PeerAddress, isSilent: Bool, _ network: SimulatedNetwork) {
        guard var channel = channels[number], attachments[channel.owner].isAlive, channel.peer == nil else { return }
        if !isSilent, let target = listeners[place]?.attachment {
            channel.peer = target
            channel.connection += 1
            channel.retryAfter = .milliseconds(100)
            channel.lastArrival = [.zero, .zero]
            channels[number] = channel
            tell(channel.owner, .connected(ChannelID(number: number)))
            return
        }
        tell(channel.owner, .disconnected(ChannelID(number: number)))
        retry(number, network)
    }

    private mutating func retry(_ number: UInt32, _ network: SimulatedNetwork) {
        guard let wait = channels[number]?.retryAfter else { return }
        channels[number]?.retryAfter = min(wait * 2, .seconds(1))
        simulation.schedule(at: simulation.now + wait) { network.state.withLock { $0.connect(number, network) } }
    }

    mutating func close(_ channel: ChannelID) { channels[channel.number] = nil }

    mutating func probe(_ owner: Int, _ address: PeerAddress, _ network: SimulatedNetwork) {
        let target = listeners[PeerAddress(host: resolve(address.host), port: address.port)]?.attachment
        let there = target.map { pair(owner, $0) }
        let isSilent = there.map { cuts[$0] != nil || cuts[Pair(from: $0.to, to: $0.from)] != nil } ?? false
        let outcome: ProbeOutcome = isSilent ? .silent : target == nil ? .refused : .accepted
        let wait = isSilent ? .milliseconds(500) : latency(there ?? Pair(from: "", to: "")) * 2
        simulation.schedule(at: simulation.now + wait) {
            network.state.withLock { $0.tell(owner, .probeEnded(address, outcome)) }
        }
    }

    mutating func kill(_ node: String, _ network: SimulatedNetwork) {
        for index in attachments.indices where attachments[index].node == node && attachments[index].isAlive {
            attachments[index].isAlive = false
            closeAll(index, network)
        }
    }

    mutating func closeAll(_ attachment: Int, _ network: SimulatedNetwork) {
        for (place, listener) in listeners where listener.attachment == attachment { listeners[place] = nil }
        for number in channels.keys.sorted() {
            guard let channel = channels[number] else { continue }
            if channel.owner == attachment {
                channels[number] = nil
            } else if channel.peer == attachment {
                disconnect(number, network)
            }
        }
    }

    mutating func breakConnections(_ a: String, _ b: String, _ network: SimulatedNetwork) {
        for number in channels.keys.sorted() {
            guard let channel = channels[number], let peer = channel.peer else { continue }
            let ends = [attachments[channel.owner].node, attachments[peer].node]
            if ends == [a, b] || ends == [b, a] { disconnect(number, network) }
        }
    }

    /// The owner of the channel hears of it after a while, and tries again.
    private mutating func disconnect(_ number: UInt32, _ network: SimulatedNetwork) {
        guard let channel = channels[number], let peer = channel.peer else { return }
        channels[number]?.peer = nil
        let wait = latency(pair(peer, channel.owner))
        simulation.schedule(at: simulation.now + wait) {
            network.state.withLock { state in
                state.tell(channel.owner, .disconnected(ChannelID(number: number)))
                state.retry(number, network)
            }
        }
    }
}

// MARK: - Packets

extension SimulatedNetworkState {
    mutating func send(_ packet: ArraySlice<UInt8>, on channel: ChannelID, _ network: SimulatedNetwork) -> PacketSendResult {
        guard let state = channels[channel.number] else { return .unreachable }
        guard let peer = state.peer else { return .wouldBlock }
        let transit = Transit(channel: channel.number, connection: state.connection, isBack: false, packet: Array(packet))
        dispatch(transit, pair(state.owner, peer), network)
        return .sent
    }

    mutating func send(_ packet: ArraySlice<UInt8>, to route: RouteID, _ network: SimulatedNetwork) -> PacketSendResult {
        let number = UInt32(truncatingIfNeeded: route.number)
        let connection = Int(route.number >> 32)
        guard let state = channels[number], let peer = state.peer, state.connection == connection else { return .unreachable }
        let transit = Transit(channel: number, connection: connection, isBack: true, packet: Array(packet))
        dispatch(transit, pair(peer, state.owner), network)
        return .sent
    }

    private mutating func dispatch(_ transit: Transit, _ pair: Pair, _ network: SimulatedNetwork) {
        packets += 1
        bytes += transit.packet.count
        switch cuts[pair] {
        case .drop: return
        case .hold: return held.append((pair, transit))
        case nil: break
        }
        let conditions = pairConditions[pair] ?? conditions
        if random.chance(conditions.loss) { return simulation.note("\(pair.from)>\(pair.to) \(transit.packet.count) lost") }
        launch(transit, pair, conditions, network)
        if random.chance(conditions.duplication) { launch(transit, pair, conditions, network) }
    }

    private mutating func launch(
        _ transit: Transit, _ pair: Pair, _ conditions: SimulatedNetwork.Conditions, _ network: SimulatedNetwork
    ) {
        var arrival = simulation.now + latency(pair)
        if random.chance(conditions.reordering) {
            arrival = arrival + .microseconds(random.below(Int(conditions.maxLatency.nanoseconds / 100) + 1))
        } else {
            let direction = transit.isBack ? 1 : 0
            arrival = max(arrival, channels[transit.channel]?.lastArrival[direction] ?? .zero)
            channels[transit.channel]?.lastArrival[direction] = arrival
        }
        simulation.schedule(at: arrival) { network.state.withLock { $0.arrive(transit, pair) } }
    }

    private mutating func arrive(_ transit: Transit, _ pair: Pair) {
        guard let channel = channels[transit.channel], channel.connection == transit.connection, let peer = channel.peer else { return }
        simulation.note("\(pair.from)>\(pair.to) \(channel.lane) \(transit.packet.count)")
        if transit.isBack {
            tell(channel.owner, .packetOn(ChannelID(number: transit.channel), transit.packet))
        } else {
            let route = RouteID(lane: channel.lane, number: UInt64(transit.connection) << 32 | UInt64(transit.channel))
            tell(peer, .packetFrom(route, transit.packet))
        }
    }

    mutating func heal(_ network: SimulatedNetwork, only pair: Pair? = nil) {
        if let pair { cuts[pair] = nil } else { cuts = [:] }
        let released = held.filter { pair == nil || $0.0 == pair }
        held.removeAll { pair == nil || $0.0 == pair }
        for (pair, transit) in released { launch(transit, pair, pairConditions[pair] ?? conditions, network) }
    }
}
