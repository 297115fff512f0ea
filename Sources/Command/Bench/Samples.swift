/// Measured values, sorted.
package struct Samples: Hashable, Sendable {
    private let values: [Double]

    package init(_ values: [Double]) { self.values = values.sorted() }

    package var count: Int { values.count }

    /// The value below which the share `p` of all lie (nearest rank). 0 when there are none.
    package func percentile(_ p: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let rank = Int((p * Double(values.count)).rounded(.up)) - 1
        return values[max(0, min(values.count - 1, rank))]
    }

    /// The middle value; between two middle ones their mean.
    package var median: Double {
        guard !values.isEmpty else { return 0 }
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }

    /// How far the values lie apart: the greatest less the smallest, as a part of the median.
    package var spread: Double {
        guard let first = values.first, let last = values.last, median > 0 else { return 0 }
        return (last - first) / median
    }
}
