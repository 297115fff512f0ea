import Wire
import World

/// Carries register frames, whose content is no concern of the node's core.
extension NodeCore {
    /// Sends a frame, or begins a session and drops it: registers ask again.
    func sendRegisterFrame(_ frame: [UInt8], to peer: NodeIdentity) {
        guard !hasStopped else { return }
        guard let session = peers[peer]?.session else { return dial(peer) }
        links.send(on: session, lane: Lane.ofRegisters(bytes: frame.count), as: .request) { $0.append(frame) }
    }
}
