import Registers
import World

// A client asks any node. The node asks the home of the key, which is the first of its replicas that lives by the node's own view,
// and the next one when that does not answer or cannot. The same operation id goes with every attempt.

extension SimulatedMesh {
    /// A client's request has come in.
    func take(_ call: ClientCall, _ process: NodeProcess) {
        let living = machines[process.machine].map.electorate(of: call.key.shard).members.filter(process.live.contains)
        let homes = living.filter { !process.astray.contains($0) } + living.filter(process.astray.contains)
        let names = homes.map(\.short).joined(separator: " ")
        trace.note(now, process.machine, .wish, call.number, "#\(call.number) \(call.key), homes \(names)")
        process.routes[call.number] = Route(call: call, deadline: now + call.patience, ahead: homes)
        forward(process, call.number)
    }

    private func forward(_ process: NodeProcess, _ number: UInt64) {
        guard var route = process.routes[number] else { return }
        guard route.deadline > now, !route.ahead.isEmpty else { return end(process, number, route) }
        let home = route.ahead.removeFirst()
        route.attempt += 1
        process.routes[number] = route
        guard let to = process.peers[home] else { return forward(process, number) }
        let patience = min(route.deadline - now, shape.forwardPatience)
        let back = Errand.Return(machine: process.machine, route: number, attempt: route.attempt)
        let action = to == process.machine ? route.call.action : route.call.action.fromAfar
        let errand = Errand(back: back, key: route.call.key, action: action, patience: patience)
        trace.note(now, process.machine, .route, number ^ UInt64(to) << 40, "#\(number) to n\(to + 1), attempt \(route.attempt)")
        push(
            .routeDue(process.machine, process: process.serial, route: number, attempt: route.attempt), after: patience + .milliseconds(30))
        if to == process.machine { return take(errand, process) }
        transmit(.errand(errand), from: process.machine, to: to, isOrderly: true)
    }

    /// Nobody is left to ask.
    private func end(_ process: NodeProcess, _ number: UInt64, _ route: Route) {
        process.routes[number] = nil
        let error = route.isOpen
            ? RegisterError(.noMajority, .unknown, "no home of \(route.call.key) has answered")
            : route.refusal ?? RegisterError(.noMajority, .failed, "no replica of \(route.call.key) lives")
        tell(client: number, .failure(error))
    }

    func routeIsDue(_ process: NodeProcess, _ number: UInt64, _ attempt: Int) {
        guard var route = process.routes[number], route.attempt == attempt else { return }
        route.isOpen = true
        process.routes[number] = route
        forward(process, number)
    }

    /// At the home.
    func take(_ errand: Errand, _ process: NodeProcess) {
        guard process.replica != nil else {
            return give(errand.back, .failure(RegisterError(.notHere, .failed, "n\(process.machine + 1) has no store")), from: process)
        }
        let token = nextNumber()
        process.errands[token] = errand.back
        feed(process, .wish(RegisterWish(token: token, key: errand.key, action: errand.action, deadline: now + errand.patience)))
    }

    func answered(_ process: NodeProcess, _ token: UInt64, _ result: Result<[UInt8], RegisterError>) {
        if let hear = direct.removeValue(forKey: token) {
            after(.zero) { _ in hear(result) }
        } else if let back = process.errands.removeValue(forKey: token) {
            give(back, result, from: process)
        }
    }

    private func give(_ back: Errand.Return, _ result: Result<[UInt8], RegisterError>, from process: NodeProcess) {
        if back.machine == process.machine { return errandDone(process, back, result) }
        transmit(.errandDone(back, result), from: process.machine, to: back.machine, isOrderly: true)
    }

    /// Back where the client asked.
    func errandDone(_ process: NodeProcess, _ back: Errand.Return, _ result: Result<[UInt8], RegisterError>) {
        guard var route = process.routes[back.route] else { return }
        trace.note(now, process.machine, .answer, back.route, "#\(back.route) attempt \(back.attempt): \(result.text)")
        guard case .failure(let error) = result else {
            process.routes[back.route] = nil
            return tell(client: back.route, result)
        }
        // An answer that comes after the next home was asked leaves that one to answer.
        guard route.attempt == back.attempt else { return }
        if error.outcome == .unknown { route.isOpen = true }
        route.refusal = error
        process.routes[back.route] = route
        switch error.code {
        case .notReady, .notHere, .noMajority, .overloaded: forward(process, back.route)
        case .refused, .tooLarge, .expired, .notNow:
            process.routes[back.route] = nil
            tell(client: back.route, route.isOpen ? .failure(RegisterError(error.code, .unknown, error.sentence)) : result)
        }
    }
}
