import Testing
import Truth
import World

/// The names of files of results, and what fits into a directory.
@Suite struct ResultIndexTests {
    private func name(_ number: UInt64, _ content: [UInt8] = [1, 2, 3], size: Int = 100) -> ResultName {
        ResultName(work: WorkID(milliseconds: number, randomA: 0, randomB: 0), digest: ResultDigest(of: content), size: size)
    }

    /// The example of FIPS 180-4 (SHA-256 of "abc").
    @Test func theDigestIsTheStandards() throws {
        let digest = ResultDigest(of: Array("abc".utf8))
        #expect(digest.description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(ResultDigest(digest.bytes) == digest)
        #expect(ResultDigest(digest.bytes + [0]) == nil && ResultDigest([]) == nil)
    }

    @Test func aNameIsReadAsItIsWritten() {
        let name = name(1_767_225_600_000, size: 307_200)
        #expect(ResultName(name.description) == name)
    }

    @Test func whatAnotherHasWrittenIsNoName() {
        let good = name(7).description
        let stem = String(good.dropLast(3))
        let foreign: [String] = [
            "", "notes.txt", "\(good).tmp", "\(good)0x", "\(stem)0100", "\(stem)-10",
            good.uppercased(), "\(stem)0", String(good.dropLast(4)), String(good.dropFirst()),
            good.replacing("-100", with: "/100"),
        ]
        for text in foreign { #expect(ResultName(text) == nil, "\(text)") }
    }

    @Test func olderWorkComesFirst() {
        var index = ResultIndex(byteLimit: 1_000, fileLimit: 10)
        for number: UInt64 in [3, 1, 2] { index.insert(name(number)) }
        #expect(index.named(ResultDigest(of: [1, 2, 3])).map(\.work) == [name(1), name(2), name(3)].map(\.work))
        #expect(index.files { $0.work < name(3).work } == [name(1), name(2)])
    }

    @Test func thereIsRoomUpToTheBytesAndTheFiles() {
        var index = ResultIndex(byteLimit: 250, fileLimit: 3)
        index.insert(name(1))
        #expect(index.obstacle(to: name(2, size: 150)) == nil)
        #expect(index.obstacle(to: name(2, size: 151))?.contains("250") == true)
        index.insert(name(2, size: 1))
        index.insert(name(3, size: 1))
        #expect(index.obstacle(to: name(4, size: 1))?.contains("3 results") == true)
        // What lies there takes no room anew.
        #expect(index.obstacle(to: name(1)) == nil)
        index.remove(name(2, size: 1))
        #expect(index.obstacle(to: name(4, size: 1)) == nil)
    }

    @Test func nothingIsCountedTwice() {
        var index = ResultIndex(byteLimit: 1_000, fileLimit: 10)
        for _ in 0..<2 { index.insert(name(1)) }
        #expect(index.files == 1 && index.bytes == 100)
        for _ in 0..<2 { index.remove(name(1)) }
        #expect(index.files == 0 && index.bytes == 0)
        #expect(index.named(ResultDigest(of: [1, 2, 3])).isEmpty)
    }
}
