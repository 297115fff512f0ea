import MessagePack
import World

/// One life of a store, as a proposer of ballots.
struct FrameProposer: Hashable {
    let store: StoreID
    let life: UInt64

    /// Of ``Ballot/zero``.
    static let nobody = FrameProposer(store: Ballot.zero.store, life: Ballot.zero.life)
}

/// Those who are named in a frame that is being written, in the order in which they are first named: 0 is nobody, 1 the sender.
struct ProposerTable {
    static let bytesOfStore = 16

    private var all: [FrameProposer] = [.nobody]
    private var numbers: [FrameProposer: Int] = [.nobody: 0]
    /// Found last. Nearly always the one that is asked for next.
    private var last = 0

    init(sender: FrameProposer) {
        all.append(sender)
        numbers[sender] = 1
    }

    /// The number by which a ballot names its proposer.
    mutating func number(of proposer: FrameProposer) -> Int {
        if all[last] == proposer { return last }
        if let known = numbers[proposer] {
            last = known
        } else {
            last = all.count
            numbers[proposer] = last
            all.append(proposer)
        }
        return last
    }

    func pack(into writer: inout MessagePackWriter) {
        writer.packArrayHeader((all.count - 1) * 2)
        for proposer in all.dropFirst() {
            writer.packBinaryHeader(Self.bytesOfStore)
            for word in [proposer.store.high, proposer.store.low] {
                withUnsafeBytes(of: word.bigEndian) { writer.append($0) }
            }
            writer.pack(proposer.life)
        }
    }
}
