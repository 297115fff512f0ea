import Registers
import World

/// Somebody outside of the mesh who asks its nodes: any of them, and again under the same operation id when nothing is heard. Several
/// things at a time.
final class Asking {
    /// A request that is not over.
    private struct Request {
        let key: RegisterKey
        let action: RegisterWish.Action
        var attempts: Int
        /// The number of the call under way.
        var call: UInt64 = 0
        /// An attempt may have been carried out.
        var isOpen = false
    }

    var random: RandomStream
    private unowned let mesh: SimulatedMesh
    /// How long it waits for an answer before it asks again.
    private let patience: Duration
    private var requests: [Int: Request] = [:]
    private var calls: [UInt64: Int] = [:]
    /// What has come of a request, by its number.
    var ended: (Int, Ledger.Outcome) -> Void = { _, _ in }
    /// A request that was over is answered with yes once more.
    var echoed: (Int, [UInt8]) -> Void = { _, _ in }

    init(_ mesh: SimulatedMesh, patience: Duration, random: RandomStream) {
        self.mesh = mesh
        self.patience = patience
        self.random = random
        mesh.clientsHear.append { [unowned self] call, result in hear(call, result) }
    }

    var isIdle: Bool { requests.isEmpty }

    /// - Parameter number: of the request; unique here.
    func ask(_ number: Int, _ key: RegisterKey, _ action: RegisterWish.Action, attempts: Int) {
        requests[number] = Request(key: key, action: action, attempts: attempts)
        attempt(number)
    }

    /// Asks once more for what is over. Nobody waits for the answer.
    func askAgain(_ number: Int, _ key: RegisterKey, _ action: RegisterWish.Action) {
        let call = ClientCall(number: mesh.nextNumber(), key: key, action: action, patience: patience)
        calls[call.number] = number
        mesh.trace.note(mesh.now, nil, .invoke, call.number, "operation \(number) once more, as #\(call.number)")
        mesh.call(random.below(mesh.machines.count), call)
    }

    private func attempt(_ number: Int) {
        guard var request = requests[number] else { return }
        guard request.attempts > 0 else { return end(number, request.isOpen ? .unknown : .failed(.noMajority)) }
        request.attempts -= 1
        request.call = mesh.nextNumber()
        requests[number] = request
        calls[request.call] = number
        mesh.call(
            random.below(mesh.machines.count),
            ClientCall(number: request.call, key: request.key, action: request.action, patience: patience * 0.9))
        mesh.after(patience) { [unowned self, call = request.call] _ in isDue(call) }
    }

    private func isDue(_ call: UInt64) {
        guard let number = calls[call], requests[number]?.call == call else { return }
        requests[number]?.isOpen = true
        attempt(number)
    }

    private func hear(_ call: UInt64, _ result: Result<[UInt8], RegisterError>) {
        guard let number = calls[call] else { return }
        guard let request = requests[number] else {
            if case .success(let bytes) = result { echoed(number, bytes) }
            return
        }
        switch result {
        case .success(let bytes): end(number, .ok(bytes))
        case .failure(let error):
            if error.outcome == .unknown { requests[number]?.isOpen = true }
            // Only the newest attempt's failure leads to the next one.
            guard request.call == call else { return }
            switch error.code {
            case .noMajority, .overloaded, .notReady, .notHere, .notNow:
                let pause = random.exponential(.milliseconds(60))
                requests[number]?.call = 0
                mesh.after(pause) { [unowned self] _ in attempt(number) }
            case .refused, .tooLarge, .expired:
                let isOpen = request.isOpen || error.outcome == .unknown
                end(number, isOpen ? .unknown : .failed(error.code))
            }
        }
    }

    private func end(_ number: Int, _ outcome: Ledger.Outcome) {
        requests[number] = nil
        ended(number, outcome)
    }
}
