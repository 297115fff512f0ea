import JSONDocument
import Lookup
import NIOCore
import NIOPosix
import Testing
import TestSupport
import World

/// The example in docs/, built with the tests, against a server that speaks whois as RFC 3912 has it.
@Suite struct WhoisTests {
    private final class Registrar: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var line = ""

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            line += String(buffer: unwrapInboundIn(data))
            guard line.hasSuffix("\r\n") else { return }
            let text = "% to \(line.dropLast(1))\r\nholder: a test\r\n"
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(NIOAny(ByteBuffer(string: text))).whenComplete { _ in bound.value.close(promise: nil) }
        }
    }

    /// Answers without an end.
    private final class Chatterer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            let line = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1_000)
            context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { task in
                guard bound.value.channel.isActive else { return task.cancel() }
                bound.value.writeAndFlush(NIOAny(line), promise: nil)
            }
        }
    }

    private static let program = ChildProcess.ownProgram.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Whois"

    private static func whois(_ arguments: String...) async throws -> (status: Int32, text: String) {
        let output = try await CommandLineTool.run(program, arguments, seconds: 60)
        return (output.status, String(decoding: output.standardOutput, as: UTF8.self))
    }

    @Test func aNewKindOfLookupIsAWorkerOfThirtyLines() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Registrar()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = "\(server.localAddress?.port ?? 0)"
        let (status, text) = try await Self.whois("Example.test", "127.0.0.1", port)
        #expect(status == 0)
        let document = try JSON(parsing: text.utf8)
        #expect(document["query"] == "example.test" && document["server"] == "127.0.0.1")
        #expect(document["text"] == "% to example.test\r\nholder: a test\r\n")
        try await server.close()
        // Not the server's port: a process that another test has started meanwhile may have inherited the listening socket.
        let nobody = "\(TestPorts.block(of: 1))"
        let (_, complaint) = try await Self.whois("example.test", "127.0.0.1", nobody)
        #expect(complaint.hasPrefix("the whois server 127.0.0.1:\(nobody) cannot be reached"), "\(complaint)")
    }

    @Test func aServerThatNeverStopsIsHeardForAWhile() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Chatterer()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let (_, text) = try await Self.whois("example.test", "127.0.0.1", "\(server.localAddress?.port ?? 0)")
        let document = try? JSON(parsing: text.utf8)
        #expect(document?["text"]?.string?.utf8.count ?? 0 >= 65_536, "\(text.prefix(100))")
        try await server.close()
    }
}
