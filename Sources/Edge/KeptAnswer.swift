import Choreography
import HTTPTypes
import Hummingbird
import MessagePack
import Synchronization
import Truth

/// An answer as it is kept under the key of its request: everything that its route has said, to the byte.
struct KeptAnswer {
    private let status: Int
    /// Names and values, without the length of the body, which follows from it.
    private let fields: [(name: String, value: String)]
    private let body: [UInt8]

    /// Nil for one that may be another when the same is asked once more, for a stream, and for one that is too large; then the request is
    /// carried out again, under the same ids.
    init?(_ response: Response) async throws {
        status = response.status.code
        guard Self.isFinal(status), let length = response.body.contentLength, length <= IdempotencyKeys.answerBytes else { return nil }
        fields = response.headers.filter { $0.name != .contentLength }.map { ($0.name.rawName, $0.value) }
        let collector = Collector()
        try await response.body.write(collector)
        body = collector.bytes
        guard packed.count <= IdempotencyKeys.answerBytes else { return nil }
    }

    /// Not for what lies with the mesh, with the moment (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4), or with a header, of which the key
    /// knows nothing (RFC 9110, 15.5.16).
    private static func isFinal(_ status: Int) -> Bool { status < 500 && ![408, 415, 425, 429].contains(status) }

    var response: Response {
        var headers = HTTPFields()
        for field in fields {
            if let name = HTTPField.Name(field.name) { headers.append(HTTPField(name: name, value: field.value)) }
        }
        return Response(status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Takes what a body writes.
    private final class Collector: ResponseBodyWriter, Sendable {
        private let content = Mutex<[UInt8]>([])
        var bytes: [UInt8] { content.withLock { $0 } }
        func write(_ buffer: ByteBuffer) { content.withLock { $0 += buffer.readableBytesView } }
        func finish(_ trailingHeaders: HTTPFields?) {}
    }
}

extension KeptAnswer: Packable {
    func pack(into writer: inout MessagePackWriter) {
        writer.pack(status)
        writer.packArrayHeader(2 * fields.count)
        for field in fields {
            writer.pack(field.name)
            writer.pack(field.value)
        }
        writer.packBinary(body)
    }

    init(from reader: inout MessagePackReader) throws {
        status = try reader.readInt()
        var fields: [(name: String, value: String)] = []
        for _ in 0..<(try reader.readArrayHeader(max: IdempotencyKeys.answerBytes) / 2) {
            fields.append((try reader.readString(), try reader.readString()))
        }
        self.fields = fields
        body = Array(try reader.readBinary(maxBytes: IdempotencyKeys.answerBytes))
    }
}
