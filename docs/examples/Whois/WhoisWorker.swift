// A new kind of lookup: whois (RFC 3912), one line to a server and text until it closes. Time-out, errors, saving and answering
// orders are the bench's.

import JSONDocument
import Lookup
import NIOCore
import NIOPosix
import World

struct WhoisWorker: LookupWorker {
    let service = LookupService(value: 4, name: "Whois", description: "Registration data as text")
    let timeout = Duration.seconds(10)
    let host: String
    let port: Int

    func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: host, port: port) {
                channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
            let text = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "\(target)\r\n"))
                var answer = ByteBuffer()
                for try await var part in inbound {
                    answer.writeBuffer(&part)
                    if answer.readableBytes >= 65_536 { break }
                }
                return String(buffer: answer)
            }
            return LookupAnswer(["query": .string(target.text), "server": .string(host), "text": .string(text)])
        } catch let error as NIOConnectionError {
            throw LookupFailure("the whois server \(host):\(port) cannot be reached: \(error)")
        }
    }
}
