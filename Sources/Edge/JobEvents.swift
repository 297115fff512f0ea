import JSONDocument
import Jobs
import Web
import World

/// A job's document in the form that clients read.
public protocol ReadableDocument: JobDocument {
    var document: JSON { get }
}

/// The events of the jobs of one kind.
public struct JobEvents<Document: ReadableDocument>: JobEventSource {
    private let gateway: any JobGateway<Document>

    public init(gateway: any JobGateway<Document>) { self.gateway = gateway }

    public func change(of id: WorkID, seen: UInt64?) async throws -> JobChange? {
        let status: Document
        do throws(JobGatewayError) {
            status = try await gateway.status(id, seen: seen, patience: seen == nil ? .zero : .seconds(1))
        } catch {
            if error.code == .notFound { return nil }
            throw Problem.unavailable(error.description, retryAfter: error.retryAfterSeconds)
        }
        let ending: JobChange.Ending? = switch status.status {
        case .pending, .processing: nil
        case .completed: .completed
        case .failed: status.warnings == [JobWarning.cancelled] ? .cancelled : .failed
        }
        return JobChange(version: status.version, document: status.document, ending: ending)
    }
}
