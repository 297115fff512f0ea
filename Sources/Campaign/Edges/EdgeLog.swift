import World

/// What users have wished of edges, and what these have said: each sending by itself, and each wish with all of its sendings.
package struct EdgeLog {
    /// Something that a user wants done once, however often it is sent.
    package struct Wish {
        package let request: EdgeRequest
        /// By which edges know it again; nil for one whose sendings are things of their own to edges.
        package let key: String?
        /// The numbers of its sendings, in order.
        package fileprivate(set) var sendings: [Int] = []
    }

    /// One request to one edge.
    package struct Sending {
        package let wish: Int
        package let asked: Instant
        /// What a wall clock showed then that is right, milliseconds since 1970.
        package let askedMs: Int64
        /// Nil when nothing was heard.
        package fileprivate(set) var reply: Reply?
    }

    /// What an edge has said, and when its user heard that.
    package struct Reply {
        package let answer: EdgeAnswer
        package let at: Instant
    }

    package enum Outcome {
        /// With the first answer that says so.
        case done(Reply)
        /// Nothing of it has happened by any of its sendings.
        case failed
        /// Nobody knows.
        case unknown
    }

    package private(set) var wishes: [Wish] = []
    package private(set) var sendings: [Sending] = []

    package init() {}

    /// - Returns: its number.
    package mutating func wish(_ request: EdgeRequest, key: String? = nil) -> Int {
        wishes.append(Wish(request: request, key: key))
        return wishes.count - 1
    }

    /// - Returns: the number of the sending.
    package mutating func send(_ wish: Int, at now: Instant, wallMs: Int64) -> Int {
        sendings.append(Sending(wish: wish, asked: now, askedMs: wallMs))
        wishes[wish].sendings.append(sendings.count - 1)
        return sendings.count - 1
    }

    /// Its edge has answered a sending.
    package mutating func answer(_ sending: Int, _ answer: EdgeAnswer, at now: Instant) {
        sendings[sending].reply = Reply(answer: answer, at: now)
    }

    // MARK: Looking

    /// What was asked.
    package func request(of sending: Sending) -> EdgeRequest { wishes[sending.wish].request }

    /// When it was sent first; nil for a wish that never was.
    package func firstAsked(_ wish: Wish) -> Sending? { wish.sendings.first.map { sendings[$0] } }

    /// What its user knows in the end. A key stays with the request that has it, so one sending that was told that another has it speaks
    /// for all: what nobody has answered has not happened either.
    package func outcome(of wish: Wish) -> Outcome {
        let sent = wish.sendings.map { sendings[$0] }
        let done = sent.compactMap(\.reply).filter(\.answer.isSuccess).min { $0.at < $1.at }
        if let done { return .done(done) }
        if sent.contains(where: { $0.reply?.answer == .otherRequest }) { return .failed }
        return sent.allSatisfy { $0.reply?.answer.saysNothingHappened ?? false } ? .failed : .unknown
    }

    /// Sendings of requests of a sort that were answered, in the order in which they were sent.
    package func answered<Value>(_ value: (EdgeRequest, EdgeAnswer) -> Value?) -> [(sending: Sending, at: Instant, value: Value)] {
        sendings.compactMap { sending in
            guard let reply = sending.reply, let value = value(request(of: sending), reply.answer) else { return nil }
            return (sending, reply.at, value)
        }
    }
}
