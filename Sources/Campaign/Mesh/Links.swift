import World

/// What goes from one machine to another, or from a client to a machine, as far as the network is concerned.
package struct Weather: Sendable {
    /// The chance that a frame is lost, and that it arrives twice.
    package var loss = 0.0
    package var duplication = 0.0
    /// The shortest time on the way, and the mean of what most frames take on top of it.
    package var least: Duration = .microseconds(150)
    package var spread: Duration = .microseconds(400)
    /// The chance that a frame is held up, and the mean of how long. What is held up is overtaken.
    package var delayed = 0.0
    package var delay: Duration = .milliseconds(60)

    /// The weather of one run.
    package init(_ random: inout RandomStream) {
        loss = [0, 0, 0.005, 0.02, 0.06][random.below(5)]
        duplication = [0, 0.01, 0.05][random.below(3)]
        delayed = [0, 0.02, 0.08][random.below(3)]
        spread = .microseconds([200, 400, 1_200][random.below(3)])
        delay = .milliseconds([20, 80, 400][random.below(3)])
    }

    /// Nothing is lost, and little is late.
    package static let calm: Weather = {
        var random = RandomStream(seed: 0)
        var weather = Weather(&random)
        (weather.loss, weather.duplication, weather.delayed) = (0, 0, 0)
        return weather
    }()
}

/// A part of the network that is cut.
package struct Cut: Sendable {
    package enum Mode: Sendable {
        /// What is sent is lost.
        case drop
        /// What is sent waits, and arrives when the cut heals: an overfull switch, a stalled connection.
        case hold
    }

    let number: Int
    let mode: Mode
    /// Machines, from and to.
    let ways: [(from: Int, to: Int)]

    func covers(_ from: Int, _ to: Int) -> Bool { ways.contains { $0.from == from && $0.to == to } }
}

/// The network between machines: what is lost, doubled, late, dropped and held.
package struct Links<Parcel> {
    package enum State: Hashable { case open, dropping, holding }

    /// What becomes of a parcel.
    package enum Fate: Equatable {
        /// It arrives after each of these times: one, or two when it is doubled.
        case arrives([Duration])
        case lost
        /// It waits for the cut to heal.
        case held
    }

    package var weather: Weather
    private(set) var cuts: [Cut] = []
    private var held: [(from: Int, to: Int, parcel: Parcel)] = []
    private var lastCut = 0
    private var random: RandomStream

    package init(_ weather: Weather, random: RandomStream) {
        self.weather = weather
        self.random = random
    }

    /// Dropping weighs more than holding.
    package func state(_ from: Int, _ to: Int) -> State {
        var state = State.open
        for cut in cuts where cut.covers(from, to) {
            if cut.mode == .drop { return .dropping }
            state = .holding
        }
        return state
    }

    /// How long one parcel takes now.
    mutating func oneWay() -> Duration {
        var time = weather.least + exponential(weather.spread)
        if weather.delayed > 0, random.chance(weather.delayed) { time = time + exponential(weather.delay) }
        return time
    }

    /// Decides about a parcel, and keeps it when it is held.
    /// - Parameter isOrderly: sent on a connection that repeats nothing to its reader.
    package mutating func send(_ parcel: Parcel, from: Int, to: Int, isOrderly: Bool = false) -> Fate {
        switch state(from, to) {
        case .dropping: return .lost
        case .holding:
            held.append((from, to, parcel))
            return .held
        case .open: break
        }
        if weather.loss > 0, random.chance(weather.loss) { return .lost }
        var times = [oneWay()]
        if !isOrderly, weather.duplication > 0, random.chance(weather.duplication) { times.append(oneWay() + exponential(weather.delay)) }
        return .arrives(times)
    }

    /// Cuts these ways, and names the cut.
    package mutating func cut(_ ways: [(from: Int, to: Int)], _ mode: Cut.Mode) -> Int {
        lastCut += 1
        cuts.append(Cut(number: lastCut, mode: mode, ways: ways))
        return lastCut
    }

    /// Heals a cut. Gives what was held and can go on.
    package mutating func heal(_ number: Int) -> [(from: Int, to: Int, parcel: Parcel)] {
        cuts.removeAll { $0.number == number }
        let waiting = held
        held = []
        var free: [(from: Int, to: Int, parcel: Parcel)] = []
        for entry in waiting {
            if state(entry.from, entry.to) == .holding { held.append(entry) } else { free.append(entry) }
        }
        return free
    }

    private mutating func exponential(_ mean: Duration) -> Duration { random.exponential(mean) }
}

extension RandomStream {
    /// A waiting time with this mean, at most 20 times as long.
    mutating func exponential(_ mean: Duration) -> Duration {
        let draw = min(20, -Logarithm.natural(1 - unit()))
        return .nanoseconds(Int64(Double(mean.nanoseconds) * draw))
    }

    /// Uniform from `low` to `high`.
    mutating func between(_ low: Duration, _ high: Duration) -> Duration {
        .nanoseconds(low.nanoseconds + Int64(Double(max(0, high.nanoseconds - low.nanoseconds)) * unit()))
    }

    /// One of these.
    mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.isEmpty ? nil : elements[below(elements.count)] }

    /// All of these in another order.
    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] { elements.shuffled(using: &self) }
}
