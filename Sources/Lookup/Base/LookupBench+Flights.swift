import Choreography
import World

// ONE LOOKUP FOR ALL WHO WANT IT
//
// An order is answered with what is kept. If there is nothing, it joins the lookup of the same subject that is under way, and only if
// there is none does it begin one. Who leaves leaves it to the others, and with the last it ends. What was kept costs no place, nor
// does joining.
//
// An order that must be fresh is not answered with what is kept, and joins only what began after it came: a lookup that was under way may have had
// its answer before. So there may be several of one subject at a time, and those who come join the latest.

extension LookupBench {
    /// What an order is answered.
    struct Answer: Sendable {
        let finding: LookupFinding
        /// How long the lookup has taken, or what of it the order was there for.
        let duration: Duration
        let use: CacheUse
    }

    /// An order that takes part in a flight.
    struct Passenger {
        let number: UInt64
        let subject: LookupSubject
        let isFresh: Bool
        /// The number of its order, which is earlier than all that began after that came.
        let arrival: UInt64
        let boarded: Instant
        let continuation: CheckedContinuation<Answer, any Error>
    }

    /// One lookup and all who wait for it.
    struct Flight {
        let task: SpawnedTask
        /// Its number among all that began; nil while it waits for a place.
        var begun: UInt64?
        var passengers: [Passenger]

        /// Whether its answer is one for those who came when `passenger` did.
        func suits(_ passenger: Passenger) -> Bool { !passenger.isFresh || begun.map { $0 > passenger.arrival } ?? true }
    }

    /// The lookups that are under way.
    struct Flights {
        /// By their numbers.
        var all: [UInt64: Flight] = [:]
        /// The latest of each subject.
        var latest: [LookupSubject: UInt64] = [:]
        /// The flight of each passenger.
        var tickets: [UInt64: UInt64] = [:]

        mutating func insert(_ flight: Flight, _ number: UInt64, of subject: LookupSubject) {
            all[number] = flight
            latest[subject] = number
            for passenger in flight.passengers { tickets[passenger.number] = number }
        }

        mutating func board(_ passenger: Passenger, _ number: UInt64) {
            all[number]?.passengers.append(passenger)
            tickets[passenger.number] = number
        }

        /// The flight is over: nobody can join it any more.
        mutating func remove(_ number: UInt64, of subject: LookupSubject) -> Flight? {
            if latest[subject] == number { latest[subject] = nil }
            guard let flight = all.removeValue(forKey: number) else { return nil }
            for passenger in flight.passengers { tickets[passenger.number] = nil }
            return flight
        }

        /// The passenger leaves; of a flight that nobody is left on, the end as well.
        mutating func leave(_ passenger: UInt64) -> (left: Passenger, ended: Flight?)? {
            guard let number = tickets.removeValue(forKey: passenger),
                let index = all[number]?.passengers.firstIndex(where: { $0.number == passenger }),
                let left = all[number]?.passengers.remove(at: index)
            else { return nil }
            return (left, all[number]?.passengers.isEmpty == true ? remove(number, of: left.subject) : nil)
        }
    }

    /// - Parameter arrival: the number of the order.
    /// - Throws: ``WorkRefusal`` `overloaded`; `CancellationError`.
    func answer(_ order: LookupOrder, since arrival: UInt64) async throws -> Answer {
        let number = nextNumber()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                let passenger = Passenger(
                    number: number, subject: LookupSubject(order), isFresh: order.isFresh, arrival: arrival, boarded: world.now,
                    continuation: continuation)
                do throws(WorkRefusal) { try board(passenger) } catch { continuation.resume(throwing: error) }
            }
        } onCancel: {
            world.spawn("lookup.leave-flight", on: executor) { await self.leaveFlight(number) }
        }
    }

    private func board(_ passenger: Passenger) throws(WorkRefusal) {
        let subject = passenger.subject, service = subject.service
        if !passenger.isFresh, let hit = cache.find(subject, world.now) {
            count(\.hits, service)
            let use = CacheUse.hit(age: hit.age, left: hit.left)
            return passenger.continuation.resume(returning: Answer(finding: hit.finding, duration: .zero, use: use))
        }
        if let latest = flights.latest[subject], flights.all[latest]?.suits(passenger) == true {
            count(\.joined, service)
            return flights.board(passenger, latest)
        }
        guard let lane = lanes[service] else {
            throw WorkRefusal(.invalid, "node \(node) has no lookup with the number \(service)")
        }
        guard lane.flights < places + queueLimit else {
            let name = lane.worker.service.title
            throw WorkRefusal(.overloaded, "\(places) \(name) lookups run on node \(node) and \(queueLimit) wait; ask another node")
        }
        count(passenger.isFresh ? \.fresh : \.misses, service)
        lanes[service]?.flights += 1
        let number = passenger.number
        let task = world.spawn("lookup.flight", on: executor) { await self.fly(number, subject, lane.worker) }
        flights.insert(Flight(task: task, passengers: [passenger]), number, of: subject)
    }

    private func leaveFlight(_ passenger: UInt64) {
        guard let (left, ended) = flights.leave(passenger) else { return }
        left.continuation.resume(throwing: CancellationError())
        ended?.task.cancel()
    }

    private func fly(_ number: UInt64, _ subject: LookupSubject, _ worker: any LookupWorker) async {
        let result: Result<Landing, any Error>
        do {
            result = .success(try await look(number, subject, worker))
        } catch {
            result = .failure(error)
        }
        lanes[subject.service]?.flights -= 1
        guard let flight = flights.remove(number, of: subject) else { return }
        let now = world.now
        for passenger in flight.passengers {
            passenger.continuation.resume(with: result.map { $0.answer(passenger, isFirst: passenger.number == number, isOff: cache.isOff, now) })
        }
    }

    private func look(_ number: UInt64, _ subject: LookupSubject, _ worker: any LookupWorker) async throws -> Landing {
        try await takePlace(subject.service)
        let begun = nextNumber(), takeOff = world.now
        flights.all[number]?.begun = begun
        let finding = try await LookupRace.run(worker, subject.target, world) { await self.leavePlace(subject.service) }
        count(finding.isSuccess ? \.performed : \.failed, subject.service)
        let kept = cache.keep(finding, of: subject, begun: begun, world.now)
        return Landing(finding: finding, takeOff: takeOff, kept: kept)
    }

    /// What a flight has come to.
    private struct Landing: Sendable {
        let finding: LookupFinding
        let takeOff: Instant
        /// For how long it is kept; nil when it is not.
        let kept: Duration?

        func answer(_ passenger: Passenger, isFirst: Bool, isOff: Bool, _ now: Instant) -> Answer {
            let way: CacheUse.Way = passenger.isFresh ? .request : isOff ? .bypass : .miss
            return Answer(
                finding: finding, duration: now - max(takeOff, passenger.boarded),
                use: .lookedUp(way, isJoined: !isFirst, kept: kept))
        }
    }
}
