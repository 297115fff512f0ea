import Registers
import Testing
import World

/// Layers over a store, against a dictionary into which the same rows were written one after another.
@Suite struct LayeredRowsTests {
    private struct Model {
        var rows: [[UInt8]: StoredRow] = [:]

        func sorted(from start: [UInt8] = [], changedAfter: UInt64 = 0) -> [StoredRow] {
            rows.values.filter { $0.changed > changedAfter && !$0.key.lexicographicallyPrecedes(start) }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        }

        /// Rows of one version, as a layer.
        mutating func write(_ count: Int, version: UInt64, _ random: inout RandomStream) -> [StoredRow] {
            var layer: [[UInt8]: StoredRow] = [:]
            for _ in 0..<count {
                let key = random.rowKey()
                layer[key] = StoredRow(key: key, value: random.rowValue(), changed: version)
            }
            rows.merge(layer) { $1 }
            return layer.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        }
    }

    /// A random store with up to three layers over it, and what they are together.
    private func make(_ random: inout RandomStream, isBare: Bool) throws -> (rows: LayeredRows, model: Model, versions: UInt64) {
        var model = Model()
        var version = UInt64(0)
        for _ in 0..<random.below(4) {
            version += 1
            _ = model.write(random.below(40), version: version, &random)
        }
        let store = RowsStore(model.rows)
        if isBare { model.rows = [:] }
        let key = try #require(RegisterKey("k"))
        version += 1
        var rows = LayeredRows(store, key, above: model.write(random.below(12), version: version, &random), isBare: isBare)
        for _ in 0..<random.below(3) {
            version += 1
            rows = LayeredRows(rows, beneath: model.write(random.below(12), version: version, &random))
        }
        return (rows, model, version)
    }

    @Test(arguments: [false, true]) func aRowIsThatOfTheUppermostLayerThatHasIt(isBare: Bool) throws {
        var random = RandomStream(seed: 21)
        for _ in 0..<300 {
            let (rows, model, _) = try make(&random, isBare: isBare)
            for _ in 0..<60 {
                let key = random.rowKey()
                #expect(rows.row(key) == model.rows[key])
            }
            #expect(rows.row([]) == nil)
        }
    }

    @Test(arguments: [false, true]) func aReaderThatGoesOnSeesEveryRowOnceInOrder(isBare: Bool) throws {
        var random = RandomStream(seed: 22)
        var pieces = 0
        for _ in 0..<2_000 {
            let (rows, model, versions) = try make(&random, isBare: isBare)
            let start = random.chance(0.5) ? [] : random.rowKey(), after = UInt64(random.below(Int(versions) + 1))
            let bound = RowBound(rows: 1 + random.below(8), bytes: 1 + random.below(200))
            var seen: [StoredRow] = []
            var cursor: [UInt8]? = start
            while let from = cursor {
                let run = rows.run(from: from, changedAfter: after, within: bound)
                #expect(run.rows.count <= bound.rows)
                #expect(run.rows.count <= 1 || run.rows.reduce(0) { $0 + $1.size } <= bound.bytes)
                if let next = run.next {
                    let last = run.rows.last.map(\.key) ?? from
                    try #require(last.lexicographicallyPrecedes(next) == true, "going on leads on")
                }
                seen += run.rows
                cursor = run.next
                pieces += 1
            }
            #expect(seen == model.sorted(from: start, changedAfter: after))
        }
        #expect(pieces > 5_000)
    }

    @Test func oneRowIsGivenWhateverItsSize() throws {
        let large = StoredRow(key: [1], value: [UInt8](repeating: 0, count: 1_000), changed: 1)
        let key = try #require(RegisterKey("k")), bound = RowBound(rows: 5, bytes: 10)
        let below = LayeredRows(RowsStore([[1]: large]), key).run(from: [], changedAfter: 0, within: bound)
        let above = LayeredRows(RowsStore([:]), key, above: [large]).run(from: [], changedAfter: 0, within: bound)
        #expect(below == RowRun(rows: [large], next: nil) && above == below)
    }
}
