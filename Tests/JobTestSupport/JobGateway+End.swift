import Jobs
import World

extension JobGateway {
    /// The document of a job that has ended. While the home does not answer it is asked again, as a client of the edge would do.
    package func end(of id: WorkID) async throws(JobGatewayError) -> Document {
        var seen: UInt64?
        while true {
            do throws(JobGatewayError) {
                let document = try await status(id, seen: seen, patience: .seconds(1))
                if document.status.isTerminal { return document }
                seen = document.version
            } catch {
                guard error.code == .unavailable || error.code == .unknown, !Task.isCancelled else { throw error }
                try? await SystemWorld().sleep(for: .milliseconds(100))
            }
        }
    }
}
