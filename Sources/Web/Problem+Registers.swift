import Hummingbird
import JSONDocument
import Registers
import World

extension Problem {
    /// What a register answers to who changes something: 503 for what a later attempt may change, with when, and with what is known of the fate
    /// of what was asked.
    /// - Parameters:
    ///   - operation: names the change.
    ///   - isClients: it was named by whoever asks. One whose hour is closed is an old one then (409), else a clock is behind (503).
    public init(_ error: RegisterError, operation: WorkID? = nil, isClients: Bool = false) {
        let isOfAClock = error.code == .expired && !isClients
        let status = switch error.code {
        case .tooLarge: 413
        case .refused: 409
        case .expired: isOfAClock ? 503 : 409
        case .noMajority, .overloaded, .notReady, .notHere, .notNow: 503
        }
        let cause = "; its id was made here and now, so this node's clock is behind: gossamer members tells whose clock is off"
        let retryAfter = isOfAClock ? .seconds(10) : error.retryAfter
        let seconds = retryAfter.map { max(1, Int(($0.seconds).rounded(.up))) }
        var extensions: [JSON.Member] = [.init("code", .string(error.code.rawValue)), .init("outcome", .string(error.outcome.rawValue))]
        if let operation { extensions.append(.init("operation", .string(operation.description))) }
        self.init(
            status: status, detail: error.sentence + (isOfAClock ? cause : ""),
            headers: seconds.map { [.init(name: .retryAfter, value: String($0))] } ?? [], extensions: extensions)
    }

    /// What a register answers to who reads: of an hour that is closed nothing is there any more that is not found (404).
    public init(reading error: RegisterError) {
        self = error.code == .expired ? .notFound(error.sentence) : Problem(error)
    }
}
