import Testing
import Wire
import World

/// What is too long for a frame is cut where it is for people, and sent in pieces where it is a list.
@Suite struct SizeTests {
    @Test(arguments: ["x", "é", "👨‍👩‍👧‍👦", "e\u{301}\u{301}\u{301}\u{301}"]) func aLongSentenceIsCutToWhatThePeerTakes(_ letter: String) throws {
        let message = String(repeating: letter, count: 5000)
        let identity = NodeIdentity(name: "n", life: 1)
        let cut = [
            try ReplyError.unpack(ReplyError(id: 1, code: .calleeFailed, message: message).packed[...]).message,
            try Goodbye.unpack(Goodbye(message: message).packed[...]).message,
            try Refuse.unpack(
                Refuse(code: .other, message: message, identity: identity, versions: .current).packed[...]).message,
        ]
        for text in cut {
            #expect(text.utf8.count <= WireLimits.messageBytes && text.utf8.count > WireLimits.messageBytes - 4)
            #expect(message.unicodeScalars.starts(with: text.unicodeScalars))
        }
    }

    @Test func aBookTravelsInPiecesThatFit() throws {
        let entries = (0..<3000).map { index in
            ReceptionistUpdate.Entry(
                key: "\(index)-" + String(repeating: "k", count: 900), listings: [.init(actor: UInt64(index), typeName: "T")])
        }
        let pieces = ReceptionistUpdate.pieces(version: 7, isFull: true, entries: entries)
        #expect(pieces.count == 3)
        #expect(pieces.map(\.isFull) == [true, false, false])
        #expect(pieces.flatMap(\.entries) == entries)
        for piece in pieces {
            #expect(piece.packed.count <= WireLimits.frameBytes(.work))
            #expect(try ReceptionistUpdate.unpack(piece.packed[...]).entries.count == piece.entries.count)
        }
        #expect(ReceptionistUpdate.pieces(version: 1, isFull: true, entries: []).map(\.isFull) == [true], "an empty book is told too")
    }

    @Test func anEntryIsNeverLargerThanItsEstimate() {
        let entry = ReceptionistUpdate.Entry(
            key: String(repeating: "k", count: 1024),
            listings: (0..<4096).map { .init(actor: .max - $0, typeName: String(repeating: "t", count: 300)) })
        let update = ReceptionistUpdate(version: .max, isFull: true, entries: [entry])
        #expect(update.packed.count <= entry.packedBytes + 64)
    }
}
