import NIOCore
import NIOPosix

/// A server that answers whatever it is asked with the bytes of a test, HTTP or not.
enum RawServer {
    /// What is sent to each connection.
    enum Behaviour: Sendable {
        /// This, and then the connection is closed.
        case ends(String)
        /// This, and then the second text again and again.
        case drips(String, String)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let behaviour: Behaviour
        private var hasAnswered = false

        init(_ behaviour: Behaviour) { self.behaviour = behaviour }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasAnswered else { return }
            hasAnswered = true
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            switch behaviour {
            case .ends(let text):
                context.writeAndFlush(NIOAny(ByteBuffer(string: text))).whenComplete { _ in bound.value.close(promise: nil) }
            case .drips(let text, let more):
                context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
                context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
                    guard bound.value.channel.isActive else { return task.cancel() }
                    bound.value.writeAndFlush(NIOAny(ByteBuffer(string: more)), promise: nil)
                }
            }
        }
    }

    /// Runs it on a free port of 127.0.0.1; the body is given its address, `http://127.0.0.1:PORT`.
    static func with<T>(_ behaviour: Behaviour, _ body: (String) async throws -> T) async throws -> T {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(behaviour)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<T, any Error>
        do { result = .success(try await body("http://127.0.0.1:\(server.localAddress?.port ?? 0)")) } catch { result = .failure(error) }
        try await server.close()
        return try result.get()
    }
}
