import CZeroMQ

/// Decides which keys may connect: the handler of ZAP (ZeroMQ RFC 27), asked by libzmq's own thread for each connection.
///
/// A key of the list is accepted under the name of its node, which libzmq then attaches to every message of the
/// connection as `User-Id`. Every other key is refused.
struct CurveAuthenticator {
    let socket: ZeroMQSocket
    private let names: [[UInt8]: String]

    init(socket: ZeroMQSocket, security: CurveSecurity) {
        self.socket = socket
        var names: [[UInt8]: String] = [:]
        for (name, key) in security.peers.sorted(by: { $0.key < $1.key }) {
            var bytes = [UInt8](repeating: 0, count: 32)
            zmq_z85_decode(&bytes, key.text)
            names[bytes] = name
        }
        self.names = names
    }

    /// Answers one request, and tells from which host it came if its key is refused. False when there was none.
    func answerOne(_ message: inout zmq_msg_t, onRefusal: (String) -> Void) -> Bool {
        let request = socket.receiveParts(&message)
        if request.isEmpty { return false }
        // Version, request id, domain, address, routing id, mechanism, then the client's public key.
        guard request.count >= 7, request[0] == Array("1.0".utf8) else {
            answer(request.count > 1 ? request[1] : [], "500", "malformed request", "")
            return true
        }
        if request[5] == Array("CURVE".utf8), let name = names[request[6]] {
            answer(request[1], "200", "OK", name)
        } else {
            answer(request[1], "400", "the key is not in the list of the topology", "")
            onRefusal(String(decoding: request[3], as: UTF8.self))
        }
        return true
    }

    private func answer(_ id: [UInt8], _ status: String, _ text: String, _ user: String) {
        socket.send("1.0", more: true)
        _ = socket.send(id[...], more: true)
        socket.send(status, more: true)
        socket.send(text, more: true)
        socket.send(user, more: true)
        socket.send("", more: false)
    }
}
