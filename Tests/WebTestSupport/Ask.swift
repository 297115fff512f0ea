import AsyncHTTPClient
import JSONDocument
import NIOCore
import TestSupport
import Testing
import Web

/// An answer, read to its end.
public struct Answer: Sendable {
    public let status: Int
    /// By name in lower case; the last of several.
    public let headers: [String: String]
    public let text: String

    public init(status: Int, headers: [String: String], text: String) {
        (self.status, self.headers, self.text) = (status, headers, text)
    }

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

/// Asks for a path exactly as it is written, also where it is none that a client would send.
/// - Parameter base: `http://127.0.0.1:port`.
public func askAsWritten(_ method: String, _ base: String, _ path: String, body: String? = nil) async throws -> Answer {
    let text = try await onOwnThread {
        let connection = try RawConnection(base)
        let type = body.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
        connection.send("\(method) \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(type)\r\n\(body ?? "")")
        return connection.readAnswer()
    }
    let end = try #require(text.firstRange(of: "\r\n\r\n"), "no answer, but: \(text)")
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    let status = try #require(lines.first.flatMap { Int($0.dropFirst("HTTP/1.1 ".count).prefix(3)) }, "\(text)")
    let headers = lines.dropFirst().compactMap { line in
        line.firstIndex(of: ":").map { (line[..<$0].lowercased(), line[line.index(after: $0)...].drop { $0 == " " }) }
    }
    return Answer(
        status: status, headers: Dictionary(headers.map { ($0.0, String($0.1)) }, uniquingKeysWith: { $1 }), text: String(text[end.upperBound...]))
}
