import Jobs

/// What a user has written for one field, before anyone knows whether it makes sense.
public enum PrimesField: Hashable, Sendable {
    case missing
    /// A number as written, e.g. `1e9` or `-5`: read exactly, not through a floating-point number.
    case number(String)
    case string(String)
    /// Anything else; the text says what, e.g. "an array".
    case other(String)
}

/// An order as a user has written it.
public struct PrimesDraft: Hashable, Sendable {
    public var from: PrimesField
    public var to: PrimesField
    public var algorithm: PrimesField
    public var chunks: PrimesField

    public init(
        from: PrimesField, to: PrimesField, algorithm: PrimesField = .missing, chunks: PrimesField = .missing
    ) {
        self.from = from
        self.to = to
        self.algorithm = algorithm
        self.chunks = chunks
    }
}

/// Everything that is wrong with a draft, field by field.
public struct PrimesRefusal: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    public struct Problem: Hashable, Sendable, Codable {
        /// The field's name: `from`, `to`, `algorithm` or `chunks`.
        public let field: String
        /// What is wrong, with the value, and what would be right.
        public let message: String

        package init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    /// At least one; in the order of the fields above.
    public let problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }

    public var description: String { problems.map { "\($0.field): \($0.message)" }.joined(separator: "; ") }
}

extension PrimesRequest {
    /// Checks what a user has written.
    /// - Parameter workers: how many processors will count at the same time; the estimate is divided by it.
    /// - Throws: a refusal that names every field at fault.
    public init(_ draft: PrimesDraft, limits: JobLimits, workers: Int) throws(PrimesRefusal) {
        var problems: [PrimesRefusal.Problem] = []
        func value<T>(_ field: String, _ result: Result<T, Complaint>) -> T? {
            switch result {
            case .success(let value): return value
            case .failure(let complaint):
                problems.append(.init(field: field, message: complaint.message))
                return nil
            }
        }
        let from = value("from", Self.bound(draft.from))
        let to = value("to", Self.bound(draft.to))
        if let from, let to, from > to {
            problems.append(.init(field: "from", message: "\(from) is greater than \"to\", which is \(to)"))
        }
        let algorithm = value("algorithm", Self.algorithm(draft.algorithm))
        let chunks = value("chunks", Self.chunks(draft.chunks))
        guard problems.isEmpty, let from, let to, let algorithm, let chunks else {
            throw PrimesRefusal(problems: problems)
        }
        let request = PrimesRequest(from: from, to: to, algorithm: algorithm, chunks: chunks.count)
        let estimate = PrimesEstimate(request, workers: workers)
        guard estimate.duration <= limits.deadline else {
            throw PrimesRefusal(problems: [.init(field: "to", message: estimate.refusal(deadline: limits.deadline))])
        }
        self = request
    }

    private struct Complaint: Error { let message: String }
    private struct Chunks { let count: Int? }

    private static let expectation = "expected a whole number from 0 to 18446744073709551615 (2^64-1)"

    private static func bound(_ field: PrimesField) -> Result<UInt64, Complaint> {
        let text: String
        switch field {
        case .missing: return .failure(Complaint(message: "missing; \(expectation)"))
        case .other(let kind): return .failure(Complaint(message: "\(kind) is not a number; \(expectation)"))
        case .number(let literal): text = literal
        case .string(let digits):
            guard WholeNumber.isPlain(digits) else {
                return .failure(Complaint(message: "\"\(digits.prefix(64))\" is not a number; \(expectation)"))
            }
            text = digits
        }
        switch WholeNumber(text) {
        case .value(let number): return .success(number)
        case .negative: return .failure(Complaint(message: "\(text.prefix(64)) is negative; \(expectation)"))
        case .tooLarge: return .failure(Complaint(message: "\(text.prefix(64)) is above 2^64-1; \(expectation)"))
        case .notWhole: return .failure(Complaint(message: "\(text.prefix(64)) is not a whole number; \(expectation)"))
        }
    }

    private static func algorithm(_ field: PrimesField) -> Result<PrimesAlgorithm, Complaint> {
        let names = PrimesAlgorithm.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
        switch field {
        case .missing: return .success(.sieve)
        case .string(let name):
            if let algorithm = PrimesAlgorithm(rawValue: name.lowercased()) { return .success(algorithm) }
            return .failure(Complaint(message: "\"\(name.prefix(64))\" is unknown; expected \(names)"))
        case .number(let text): return .failure(Complaint(message: "\(text.prefix(64)) is unknown; expected \(names)"))
        case .other(let kind): return .failure(Complaint(message: "\(kind) is unknown; expected \(names)"))
        }
    }

    private static func chunks(_ field: PrimesField) -> Result<Chunks, Complaint> {
        let expectation = "expected a whole number from 1 to 100000"
        switch field {
        case .missing: return .success(Chunks(count: nil))
        case .other(let kind): return .failure(Complaint(message: "\(kind) is not a number; \(expectation)"))
        case .number(let text), .string(let text):
            if case .value(let number) = WholeNumber(text), let count = Int(exactly: number), chunksAllowed.contains(count) {
                return .success(Chunks(count: count))
            }
            return .failure(Complaint(message: "\(text.prefix(64)) is not allowed; \(expectation)"))
        }
    }
}
