import Command
import Hummingbird
import Logging
import Testing
import Web
import World

/// How commands end when the first node that answers says no.
@Suite struct MeshAccessTests {
    @Test(arguments: [
        (Problem.invalid([.init("kind", ["no work is of the kind \"zzz\"; expected order"])]), Command.ExitStatus.usage, "kind: no work is of the kind"),
        (.notFound("nobody knows it"), .noInput, "nobody knows it"),
        (.unavailable("no majority", retryAfter: 1), .unavailable, "no majority"),
        (Problem(status: 418, detail: "a teapot"), .protocolError, "a teapot"),
    ] as [(Problem, Command.ExitStatus, String)])
    func theAnswerDecidesHowACommandEnds(_ problem: Problem, _ status: Command.ExitStatus, _ words: String) async throws {
        let server = WebServer(
            name: "admin", address: .tcp(host: "127.0.0.1", port: 0), routes: [WebRoute(.get, "/sagas") { _ in throw problem }],
            world: SystemWorld(), logger: Logger(label: "test"))
        let port = try await server.start()
        let access = MeshAccess(points: [AdminPoint(base: "http://127.0.0.1:\(port)", origin: "a test")], topology: nil)
        do throws(CommandFailure) {
            _ = try await access.read("/sagas?kind=zzz", isQuiet: true)
            Issue.record("it was answered")
        } catch {
            #expect(error.status == status && error.message.contains(words), "\(error)")
            // Whoever has mistyped something need not know whom that was said to.
            #expect(error.message.contains("127.0.0.1") == (status != .usage))
        }
        await server.stop()
    }
}
