import Choreography
import World

/// One thing that a clerk is told to do.
enum Act: Codable, Hashable, Sendable {
    case put(Int, box: String, mark: String = "")
    case takeBack(Int, box: String, mark: String = "")
    case say(String, box: String)
    case ask(box: String)
    /// A word to a box that no clerk declares to say.
    case whisper(box: String)
    case order(String, work: String = "count", bytes: Int = 0, place: String? = nil)
    case callOff(String)
    case timer(String, afterMs: Int64)
    /// A timer for an event that no clerk declares.
    case alarm
    case cancel(String)
    case remember(UInt8)
    case answer([UInt8])
    case decline(String)
    case finish
    case fail(String)
}

/// Does what it is told, and remembers what it has heard. A clerk may be of a piece of work or live on.
enum Clerk: DurableActor {
    struct State: Codable, Hashable, Sendable { var heard: [String] = [] }

    static let kind = "clerk"
    static var blank: State { State() }

    static var rules: [Rule<Clerk>] {
        [
            .on(
                Do.self, .note, from: [.outside, .actors],
                sends: [.to(Box.self, Put.self), .to(Box.self, TakeBack.self), .to(Box.self, Say.self), .to(Box.self, Ask.self)],
                orders: ["count"], timers: [Ring.self]
            ) { event, _, next in
                for act in event.acts { try next.carryOut(act) }
            },
            .on(Ring.self, .note, from: [.timer]) { ring, state, _ in state.heard.append("ring \(ring.name)") },
            .on(WorkAnswer.self, .note, from: [.worker]) { answer, state, _ in
                switch answer.result {
                case .done([0xFF]): throw ReactionError("this is no answer")
                case .done(let payload):
                    let told = payload.count > 64 ? "much" : "\(payload)"
                    state.heard.append("\(answer.part) = \(told) by \(answer.node)")
                case .stored(let location): state.heard.append("\(answer.part) lies at \(location.nodes)")
                case .failed(let reason): state.heard.append("\(answer.part) failed: \(reason)")
                }
            },
            .on(Told.self, .note) { told, state, _ in state.heard.append("told \(told.held)") },
            .on(Nudge.self, .note, from: [.outside], limit: 2) { _, state, _ in state.heard.append("nudge") },
            .on(Bell.self, .note, from: [.outside], limit: 1) { _, state, _ in state.heard.append("bell") },
        ]
    }
}

/// Holds things and hears words. One for each name.
enum Box: DurableActor {
    struct State: Codable, Hashable, Sendable {
        var held = 0
        var said: [String] = []
        var isLocked = false
    }

    static let kind = "box"
    static var blank: State { State() }

    static var rules: [Rule<Box>] {
        [
            .on(Put.self, .compensable(by: TakeBack.name)) { put, state, next in
                if state.isLocked { throw ReactionError("the box is locked") }
                state.held += put.amount
                if put.amount > 100 {
                    state.held -= put.amount
                    next.decline("\(put.amount) are too many")
                }
            },
            .on(
                TakeBack.self, undoing: Put.self, undo: { back, state, _ in state.held -= back.amount },
                then: { back, state, _ in state.said.append("took back \(back.amount)") }),
            .on(PutBy.self, .compensable(by: TakeBy.name)) { _, state, _ in state.held += 1_000 },
            .on(TakeBy.self, undoing: PutBy.self, undo: { _, state, _ in state.held -= 1_000 }),
            .on(Say.self, .note) { say, state, next in
                if state.isLocked {
                    // Whatever it has done before it throws must not be seen.
                    next[row: [1]] = [1]
                    state.held = -1
                    throw ReactionError("the box is locked")
                }
                state.said.append(say.text)
            },
            .on(Ask.self, .note, sends: [.to(Clerk.self, Told.self)]) { _, state, next in
                if let sender = next.sender { try next.send(Told(held: state.held), to: sender) }
            },
            .on(Lock.self, .note, from: [.outside]) { lock, state, _ in state.isLocked = lock.isLocked },
        ]
    }
}

struct Do: DurableEvent, Hashable {
    static let name = "do"
    let acts: [Act]
}

struct Ring: DurableEvent, Hashable { static let name = "ring"; let name: String }
struct Told: DurableEvent, Hashable { static let name = "told"; let held: Int }
struct Nudge: DurableEvent, Hashable { static let name = "nudge" }
struct Bell: DurableEvent, Hashable { static let name = "bell" }
struct Say: DurableEvent, Hashable { static let name = "say"; let text: String }
struct Ask: DurableEvent, Hashable { static let name = "ask" }
struct Whisper: DurableEvent, Hashable { static let name = "whisper" }
struct Lock: DurableEvent, Hashable { static let name = "lock"; let isLocked: Bool }

struct Put: DurableEvent, Hashable {
    static let name = "put"
    let amount: Int
    var mark = ""
    var effect: String { mark }
}

struct TakeBack: DurableEvent, Hashable {
    static let name = "take-back"
    let amount: Int
    var mark = ""
    var effect: String { mark }
}

/// Its name begins as that of another step does.
struct PutBy: DurableEvent, Hashable { static let name = "put-by" }
struct TakeBy: DurableEvent, Hashable { static let name = "take-by" }

extension Reaction {
    fileprivate mutating func carryOut(_ act: Act) throws {
        switch act {
        case .put(let amount, let box, let mark): try send(Put(amount: amount, mark: mark), to: .box(box))
        case .takeBack(let amount, let box, let mark): try compensate(TakeBack(amount: amount, mark: mark), at: .box(box))
        case .say(let text, let box): try send(Say(text: text), to: .box(box))
        case .ask(let box): try send(Ask(), to: .box(box))
        case .whisper(let box): try send(Whisper(), to: .box(box))
        case .order(let part, let work, let bytes, let place):
            try order(work, part: part, [UInt8](repeating: 7, count: bytes), at: place)
        case .callOff(let part): callOff(part: part)
        case .timer(let name, let span):
            try setTimer(name, at: WallTime(millisecondsSince1970: now.millisecondsSince1970 + span), Ring(name: name))
        case .alarm: try setTimer("alarm", at: now, Nudge())
        case .cancel(let name): cancelTimer(name)
        case .remember(let key): self[row: [key]] = [key]
        case .answer(let bytes): answer(bytes)
        case .decline(let reason): decline(reason)
        case .finish: try finish()
        case .fail(let reason): throw ReactionError(reason)
        }
    }
}
