// WHAT A CONNECTION MAY TAKE
//
// A connection costs a descriptor and memory, and a client that is slow, broken or hostile holds both for nothing. So every
// state of a connection has an end that does not depend on the client:
//
//     head      from the opening, or from the first byte of a further request, until its head is there: `headDeadline`,
//               then 408 (RFC 9110, 15.5.9) and the end; a head with more fields or bytes than `headFields` and `headBytes`
//               is 431 (RFC 6585, 5) as soon as it has them, and the end
//     busy      a request is read or answered; its time is the responder's to bound. The answer must be taken too: when
//               nothing of it goes out for `stall`, the end
//     linger    the answer is out, and the request's body is not all in: it is read and dropped for `linger`, up to
//               `lingerBytes`, then the end. Closing at once would reset the connection and take the answer from a client
//               that is still sending (RFC 9112, 9.6). Such an answer says `Connection: close`.
//     idle      between two requests: `keepAlive`, then the end
//
// And a server has a limit of connections. At the limit it goes on accepting, and the connection that has been without a
// request for longest has to go: a thousand silent clients cannot keep one away who has something to ask.

import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import World

/// Bounds what one connection may take. Belongs to its event loop, as all channel handlers do.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase: Equatable {
        case head, busy, idle, ending
        /// How many bytes of the body may still come.
        case linger(bytes: Int)
    }

    private let limits: WebLimits
    private let table: ConnectionTable
    private var phase = Phase.head
    private var timer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?
    /// While there is no request: the place in the order of those who have to go.
    private var ticket: UInt64?
    /// Requests whose heads have come and whose answers have not ended; more than one when the client pipelines.
    private var unanswered = 0
    /// The newest request's end has not come.
    private var isBodyOpen = false
    /// The newest request's answer is the last one.
    private var endsAfterAnswer = false
    /// Nothing comes from the client any more.
    private var isClientGone = false
    /// Who wants to know when it goes.
    private var mourners: [AsyncStream<Never>.Continuation] = []

    init(limits: WebLimits, table: ConnectionTable) {
        self.limits = limits
        self.table = table
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Bytes are seen at the head of the pipeline alone: further on they are parts of requests.
        let watcher = ByteWatcher(notice: { [self] in if phase == .idle { awaitHead(context) } }, end: { [self] in clientHasGone() })
        do { try context.pipeline.syncOperations.addHandler(watcher, position: .first) } catch { context.close(promise: nil) }
        ticket = table.opened(context.channel)
        awaitHead(context)
    }

    /// The table's word that another connection needs the place.
    struct Displaced: Sendable {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Displaced else { return context.fireUserInboundEventTriggered(event) }
        // A request may have come while the word was under way; then it is served, and the next newcomer displaces another.
        if phase == .head || phase == .idle { end(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        phase = .ending
        timer?.cancel()
        stallTimer?.cancel()
        table.closed(ticket)
        clientHasGone()
    }

    // MARK: The client's end

    /// A stream that ends when nothing comes from the client of a channel any more: it has closed the connection, or its half of it, or is
    /// cut off. Nobody waits for an answer then, as far as a server can tell. It ends with the answer too.
    static func departure(of channel: any Channel) -> AsyncStream<Never> {
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        channel.eventLoop.execute {
            let connection = try? channel.pipeline.syncOperations.handler(type: ConnectionGuard.self)
            if let connection { connection.tell(continuation) } else { continuation.finish() }
        }
        return stream
    }

    private func tell(_ mourner: AsyncStream<Never>.Continuation) {
        if isClientGone { mourner.finish() } else { mourners.append(mourner) }
    }

    private func clientHasGone() {
        isClientGone = true
        forgetMourners()
    }

    private func forgetMourners() {
        for mourner in mourners { mourner.finish() }
        mourners = []
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            isBodyOpen = true
            if head.headerFields[.connection]?.asciiLowercased == "close" { endsAfterAnswer = true }
            if phase == .head || phase == .idle { begin(.busy) }
            if let ticket { table.working(ticket) }
            ticket = nil
        case .body(let bytes):
            if case .linger(let left) = phase { phase = .linger(bytes: left - bytes.readableBytes) }
        case .end:
            isBodyOpen = false
            if case .linger = phase { end(context) }
        }
        context.fireChannelRead(data)
    }

    /// What has had its share is read no further, so that the client feels it.
    func read(context: ChannelHandlerContext) {
        if case .linger(let left) = phase, left <= 0 { return }
        context.read()
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // With another request behind it, a request's body is all in, and its answer is not the last.
            let isLast = unanswered <= 1
            if isBodyOpen && isLast { endsAfterAnswer = true }
            if endsAfterAnswer && isLast { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { [self] _ in answered(context) }
            context.write(data, promise: written)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        unanswered = max(0, unanswered - 1)
        // Who asked on behalf of a request behind this one still wants to know.
        if unanswered == 0 { forgetMourners() }
        guard unanswered == 0, phase == .busy || phase == .head || phase == .idle else { return }
        if endsAfterAnswer {
            guard isBodyOpen else { return end(context) }
            begin(.linger(bytes: limits.lingerBytes))
            schedule(limits.linger, context) { $0.end(context) }
        } else {
            begin(.idle)
            ticket = table.waiting(context.channel)
            schedule(limits.keepAlive, context) { $0.end(context) }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        stallTimer = nil
        if !context.channel.isWritable {
            stallTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.stall)) { [self] in end(context) }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Ends

    private func awaitHead(_ context: ChannelHandlerContext) {
        begin(.head)
        schedule(limits.headDeadline, context) { $0.refuseHead(context) }
    }

    private func refuseHead(_ context: ChannelHandlerContext) {
        refuse(context, Problem(
            status: 408, detail: "no request has come within \(limits.headDeadline.milliseconds) ms; connect when there is one to send"))
    }

    /// Nothing that follows what cannot be read can be read either.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // In the midst of a request, whoever reads its body learns of it.
        guard let fault = error as? HTTPParserError, phase != .busy else { return context.fireErrorCaught(error) }
        guard phase != .ending else { return }
        guard phase == .head || phase == .idle else { return end(context) }
        if fault == .headerOverflow {
            let most = "at most \(limits.headFields) fields and \(limits.headBytes) bytes"
            refuse(context, Problem(status: 431, detail: "the head of a request has \(most); leave out what nobody here reads"))
        } else {
            refuse(context, Problem(status: 400, detail: "that is no HTTP: \(fault)"))
        }
    }

    /// Answers what is no whole request, and ends.
    private func refuse(_ context: ChannelHandlerContext, _ problem: Problem) {
        let text = ByteBuffer(string: problem.json.text() + "\n")
        let fields: HTTPFields = [
            .connection: "close", .contentType: Problem.mediaType, .contentLength: String(text.readableBytes),
        ]
        begin(.ending)
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .init(code: problem.status), headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(text)), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func end(_ context: ChannelHandlerContext) {
        begin(.ending)
        context.close(promise: nil)
    }

    private func begin(_ phase: Phase) {
        timer?.cancel()
        timer = nil
        self.phase = phase
    }

    private func schedule(
        _ delay: Duration, _ context: ChannelHandlerContext, _ body: @escaping (ConnectionGuard) -> Void
    ) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [self] in body(self) }
    }
}

/// Tells when bytes come, whatever they are, and when no more will.
private final class ByteWatcher: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let notice: () -> Void
    private let end: () -> Void

    init(notice: @escaping () -> Void, end: @escaping () -> Void) { (self.notice, self.end) = (notice, end) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        notice()
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }
}
