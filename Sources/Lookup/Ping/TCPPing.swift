import CLookup
import Glibc
import World

/// Echoes by beginning connections: for each one to every port at the same time, and the first answer counts, a refusal as well.
struct TCPPing {
    let address: IPAddress
    let settings: PingSettings

    /// - Throws: ``SystemFailure`` when no connection can even be begun; `CancellationError`.
    func run(_ world: any World) async throws -> [PingReport.Echo] {
        try await withThrowingTaskGroup(of: (Int, PingReport.Echo).self) { group in
            for number in 0..<settings.count {
                group.addTask {
                    try await world.sleep(for: settings.interval * number)
                    return (number, try await echo(world))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func echo(_ world: any World) async throws -> PingReport.Echo {
        let begun = world.now
        var status = "TimedOut", failure: SystemFailure?
        var open: [PingSocket] = []
        for port in settings.ports {
            do throws(SystemFailure) {
                open.append(try PingSocket.tcp(address, port: port))
            } catch {
                // A refusal may come as early as this from the host itself.
                if error.number == ECONNREFUSED { return answered(world.now - begun) }
                failure = error
            }
        }
        if open.isEmpty, let failure { throw failure }
        while !open.isEmpty {
            let rest = begun + settings.patience - world.now
            guard rest > .zero else { return PingReport.Echo(status: "TimedOut") }
            let interests = open.map { DescriptorWatch.Interest($0.descriptor, reading: false, writing: true) }
            let ready = try await DescriptorWatch.shared.wait(for: interests, atMost: rest)
            for interest in ready {
                let result = clookup_connect_result(interest.descriptor)
                if result == 0 || result == ECONNREFUSED { return answered(world.now - begun) }
                status = Self.words(result)
                open.removeAll { $0.descriptor == interest.descriptor }
            }
        }
        return PingReport.Echo(status: status)
    }

    private func answered(_ time: Duration) -> PingReport.Echo { PingReport.Echo(roundTrip: time, status: "Success") }

    private static func words(_ number: Int32) -> String {
        switch number {
        case EHOSTUNREACH: "DestinationHostUnreachable"
        case ENETUNREACH: "DestinationNetworkUnreachable"
        case ETIMEDOUT: "TimedOut"
        default: SystemFailure(number: number).description
        }
    }
}
