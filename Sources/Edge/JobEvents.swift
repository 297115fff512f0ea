import JSONDocument
import Jobs
import Lookup
import Primes
import Web
import World

/// The events of the jobs of one kind.
public struct JobEvents<Document: JobDocument>: JobEventSource {
    private let gateway: any JobGateway<Document>
    private let json: @Sendable (Document) -> JSON

    /// - Parameter json: a job's document in the form that clients read, the same as where they ask for the job itself.
    public init(gateway: any JobGateway<Document>, json: @escaping @Sendable (Document) -> JSON) {
        self.gateway = gateway
        self.json = json
    }

    public func sighting(of id: WorkID, seen: UInt64?) async -> JobSighting {
        let status: Document
        do throws(JobGatewayError) {
            status = try await gateway.status(id, seen: seen, patience: seen == nil ? .zero : .seconds(1))
        } catch {
            return switch error.code {
            case .notFound: .unknown
            case .unavailable, .unknown, .alreadyEnded, .invalid: .silent(.unavailable(error.description, retryAfter: error.retryAfterSeconds))
            }
        }
        let ending: JobChange.Ending? = switch status.status {
        case .pending, .processing: nil
        case .completed: .completed
        case .failed: status.warnings.contains(JobWarning.cancelled) ? .cancelled : .failed
        }
        return .change(JobChange(version: status.version, document: json(status), ending: ending))
    }
}

extension JobEvents where Document == PrimesStatus {
    /// The events of primes.
    public init(gateway: any JobGateway<PrimesStatus>) { self.init(gateway: gateway) { $0.document } }
}

extension JobEvents where Document == LookupStatus {
    /// The events of lookups.
    /// - Parameters:
    ///   - services: what can be asked for, by the names that clients read.
    ///   - profile: the one of the edge, for a stream of events has no other.
    public init(gateway: any JobGateway<LookupStatus>, services: [LookupService], profile: LookupProfile = .readme) {
        self.init(gateway: gateway) { LookupReading($0, services: services).document(profile) }
    }
}
