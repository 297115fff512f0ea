import AsyncHTTPClient
import JSONDocument
import NIOCore
import Web

/// An answer, read to its end.
public struct Answer: Sendable {
    public let status: Int
    /// By name in lower case; the last of several.
    public let headers: [String: String]
    public let text: String

    /// The body as JSON; nil when it is none.
    public var json: JSON? { try? JSON(parsing: text.utf8) }
}

/// Asks a server for `url`: `http://...`, or `http+unix://` with the percent-encoded path of a socket.
/// - Parameter type: the Content-Type of the body; nil for none.
public func ask(
    _ method: String, _ url: String, body: String? = nil, type: String? = "application/json",
    headers: [(String, String)] = []
) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    if let body {
        request.body = .bytes(ByteBuffer(string: body))
        if let type { request.headers.add(name: "content-type", value: type) }
    }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    let text = try await String(buffer: response.body.collect(upTo: 1 << 24))
    let pairs = response.headers.map { ($0.name.lowercased(), $0.value) }
    return Answer(
        status: Int(response.status.code), headers: Dictionary(pairs, uniquingKeysWith: { $1 }), text: text)
}
