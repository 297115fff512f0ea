import JSONDocument
import World

extension Workload {
    /// Begins to ask for the work. Returns at once.
    /// - Parameters:
    ///   - number: of the load in its scenario, from 1 on.
    ///   - expected: of a primes load.
    func begin(_ client: Client, number: Int, expected: UInt64?) {
        switch self {
        case .primes(let load):
            var members: [JSON.Member] = [
                .init("from", .number(load.from)), .init("to", .number(load.to)), .init("algorithm", .string(load.algorithm)),
            ]
            if let chunks = load.chunks { members.append(.init("chunks", .number(chunks))) }
            let order = Client.Order(kind: "primes", body: .object(members), expected: expected)
            for index in 0..<load.jobs { client.begin(order, first: index) }
        case .lookups(let load): client.beginLoad { await load.place(client) }
        case .orders(let load): client.beginLoad { await OrdersPlan(load, number: number).place(client) }
        case .items(let load): client.beginLoad { await load.hammer(client, number: number) }
        }
    }
}

extension Client {
    /// Runs a load that takes its time; until it returns more work may come.
    fileprivate func beginLoad(_ load: @escaping @Sendable () async -> Void) {
        board.submitterBegins()
        world.spawn("chaos.load") {
            await load()
            board.submitterEnds(at: world.now)
        }
    }

    /// One order after the other, each at its time whether or not those before it have been answered.
    /// - Parameter rate: orders a second.
    fileprivate func place(_ count: Int, rate: Int, _ order: (Int) -> Order) async {
        let begun = world.now
        for index in 0..<count {
            begin(order(index), first: index)
            guard (try? await world.sleep(until: begun + Workload.span(of: index + 1, rate: rate))) != nil else { return }
        }
    }
}

extension LookupLoad {
    fileprivate func place(_ client: Client) async {
        await client.place(Workload.count(in: duration, rate: rate), rate: rate) { index in
            var members = [JSON.Member("target", .string(targets[index % targets.count]))]
            if !services.isEmpty { members.append(.init("services", .array(services.map { .string($0) }))) }
            return Client.Order(kind: "lookup", body: .object(members))
        }
    }
}

extension OrdersPlan {
    /// First what orders take from, and then the orders.
    fileprivate func place(_ client: Client) async {
        for (index, (holding, amount)) in holdings.enumerated() {
            guard await client.set(holding, to: amount, first: index) else { return }
        }
        await client.place(count, rate: load.rate, order)
    }
}

extension Client {
    /// Makes an account, or stock, that nobody has made. One that is there has been made by an earlier attempt of this client, because no
    /// other knows its name.
    /// - Returns: false when no edge did so.
    fileprivate func set(_ holding: Holding, to amount: Int64, first: Int) async -> Bool {
        board.note(.holding(holding))
        let path = "/api/\(holding.path)", body = JSON.object([.init(holding.kind.amount, .number(amount))])
        return await insist(first: first) { edge, process -> Attempt<Int64> in
            let pending = recorder.begin(.put(holding, amount), process: process, via: edge)
            let answer = await stage.ask(StageQuestion(edge, .edge, .put, path, body: body, timeout: Self.answerLimit))
            let returned = recorder.now
            var isDone = answer.document != nil
            if case .answered(412, _, _) = answer { isDone = true }
            let outcome = isDone ? .ok : Self.outcome(answer)
            recorder.finish(
                pending, .put(holding, amount), process: process, returned: returned, outcome: outcome, via: edge,
                detail: answer.document == nil ? answer.complaint : "")
            return isDone ? .done(amount) : .open(outcome)
        } != nil
    }
}

extension ItemsLoad {
    fileprivate func hammer(_ client: Client, number: Int) async {
        let tenants = (1...self.tenants).map { "tenant-\(number)-\($0)" }, stage = client.stage
        for tenant in tenants { client.board.note(.tenant(tenant)) }
        await ItemHammer(
            edges: client.edges, tenants: tenants, workers: workers, span: duration, beat: beat,
            ledger: RunLedger(recorder: client.recorder, board: client.board), world: client.world, ask: { await stage.ask($0) }
        ).run { Task.isCancelled }
    }
}

/// Writes what a hammer does into the history of a run.
private struct RunLedger: ItemLedger {
    let recorder: Recorder
    let board: JobBoard

    func nextProcess() -> Int { recorder.nextProcess() }

    func begin(_ deed: ItemRecord.Deed, of tenant: String, process: Int, via: String) -> ItemEnding {
        let pending = recorder.begin(.items(tenant: tenant, deed), process: process, via: via)
        return { [recorder, board] outcome, count, detail in
            if outcome == .unknown, case .add(let ids) = deed { board.noteDoubt(of: ids, tenant) }
            recorder.finish(
                pending, .items(tenant: tenant, deed.isRead ? .read(count: count) : deed), process: process, returned: recorder.now,
                outcome: outcome, via: via, detail: detail)
        }
    }
}
