import Primes
import Web
import World

/// The events of primes jobs.
public struct PrimesEvents: JobEventSource {
    private let gateway: any PrimesGateway

    public init(gateway: any PrimesGateway) { self.gateway = gateway }

    public func change(of id: WorkID, seen: UInt64?) async throws -> JobChange? {
        let status: PrimesStatus
        do throws(PrimesGatewayError) {
            status = try await gateway.status(id, seen: seen, patience: seen == nil ? .zero : .seconds(1))
        } catch {
            if error.code == .notFound { return nil }
            throw Problem.unavailable(error.description, retryAfter: error.retryAfterSeconds)
        }
        let ending: JobChange.Ending? = switch status.status {
        case .pending, .processing: nil
        case .completed: .completed
        case .failed: status.warnings == [PrimesStatus.cancelled] ? .cancelled : .failed
        }
        return JobChange(version: status.version, document: status.document, ending: ending)
    }
}
