import Wire
import CZeroMQ

// CURVE (ZeroMQ RFC 26): one key pair for each node.

extension ZeroMQSockets {
    func listenForAuthentication(_ security: CurveSecurity) {
        guard let socket = makeSocket(ZMQ_REP, .authenticator), zmq_bind(socket.handle, "inproc://zeromq.zap.01") == 0 else {
            preconditionFailure("libzmq cannot authenticate: \(Self.errorText())")
        }
        authenticator = CurveAuthenticator(socket: socket, security: security)
        look(at: socket)
    }

    func secureListener(_ socket: ZeroMQSocket, _ security: CurveSecurity) {
        socket.set(ZMQ_CURVE_SERVER, 1)
        socket.set(ZMQ_CURVE_SECRETKEY, security.keyPair.secretKey)
        socket.set(ZMQ_ZAP_DOMAIN, "gossamer")
    }

    /// The node whose key the other end of a channel must have: the named one's, else that of the address; nil when no key is known.
    func keyOwner(of peer: String?, at address: PeerAddress) -> String? {
        guard let security, let name = peer ?? security.names[address], security.peers[name] != nil else { return nil }
        return name
    }

    public func keyOwner(of channel: ChannelID) -> String? { channels[channel]?.keyOwner }

    func secureChannel(_ socket: ZeroMQSocket, _ security: CurveSecurity, peer: String?) {
        socket.set(ZMQ_CURVE_PUBLICKEY, security.keyPair.publicKey.text)
        socket.set(ZMQ_CURVE_SECRETKEY, security.keyPair.secretKey)
        // A peer without a known key is offered our own, which it cannot have: the connection fails and says so.
        let server = peer.flatMap { security.peers[$0] } ?? security.keyPair.publicKey
        socket.set(ZMQ_CURVE_SERVERKEY, server.text)
    }

    /// The user id that the authenticator gave to the connection of the packet being received.
    public var authenticatedPeer: String? {
        guard security != nil, receivingFrom != nil, let name = zmq_msg_gets(&message, "User-Id") else { return nil }
        return String(cString: name)
    }
}
