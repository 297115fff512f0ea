import World

/// Finds the addresses of names.
public struct LookupResolver: Sendable {
    let client: DNSClient

    public init(_ client: DNSClient) { self.client = client }

    /// All addresses of the name, those of IPv4 first, in the order of the answers. Empty when there is no such name or it has none.
    /// - Throws: ``LookupFailure`` when no server could tell; `CancellationError`.
    public func addresses(of name: String, _ world: any World) async throws -> [IPAddress] {
        async let four = answers(name, .a, world)
        async let six = answers(name, .aaaa, world)
        let results = try await [four, six]
        let addresses = results.flatMap { (try? $0.get()) ?? [] }
        // One kind is enough: some servers fail for the other.
        if addresses.isEmpty { for case .failure(let failure) in results { throw failure } }
        return addresses
    }

    private func answers(_ name: String, _ type: DNSType, _ world: any World) async throws -> Result<[IPAddress], LookupFailure> {
        do {
            guard case .records(let message) = try await client.ask(name, type, world) else { return .success([]) }
            return .success(message.answer(name, type).data.compactMap { if case .address(let address) = $0 { address } else { nil } })
        } catch let failure as DNSFailure {
            return .failure(LookupFailure("the address of \(name) is unknown: \(failure)"))
        }
    }
}
