import Hummingbird
import JSONDocument
import Registers
import World

extension Problem {
    /// What a register answers: 503 for what a later attempt may change, with when, and with what is known of the fate of what was asked.
    public init(_ error: RegisterError, operation: WorkID? = nil) {
        let status = switch error.code {
        case .tooLarge: 413
        case .refused, .expired: 409
        case .noMajority, .overloaded, .notReady, .notHere, .notNow: 503
        }
        let seconds = error.retryAfter.map { max(1, Int(($0.seconds).rounded(.up))) }
        var extensions: [JSON.Member] = [.init("code", .string(error.code.rawValue)), .init("outcome", .string(error.outcome.rawValue))]
        if let operation { extensions.append(.init("operation", .string(operation.description))) }
        self.init(
            status: status, detail: error.sentence,
            headers: seconds.map { [.init(name: .retryAfter, value: String($0))] } ?? [], extensions: extensions)
    }
}
