import JSONDocument
import Orders
import Primes
import Web
import World

/// The body of an order, an account or stock, as it was written. Reading it gathers what is wrong, field by field.
struct OrderForm {
    /// The most of an account, of stock, and of what an order costs: below 2^53, so that a client whose numbers are floating-point
    /// reads it exactly.
    static let amountLimit: Int64 = 1_000_000_000_000_000
    /// Of one order.
    static let quantities: ClosedRange<Int64> = 1...1_000_000_000
    /// Bytes of the name of a customer or an item.
    static let nameBytes = 256

    private let body: JSON
    private(set) var errors: [Problem.FieldErrors] = []

    init(_ body: JSON) { self.body = body }

    /// 400 with everything that is wrong so far.
    var refusal: Problem { .invalid(errors) }

    /// - Parameter deadline: when the order is given up.
    mutating func order(deadline: WallTime) throws(Problem) -> Place {
        let customer = name(body["customer"], as: "customer"), item = name(body["item"], as: "item")
        let quantity = whole("quantity", in: Self.quantities), amount = whole("amount", in: 0...Self.amountLimit)
        let failAt = step("failAt")
        guard errors.isEmpty, let customer, let item, let quantity, let amount else { throw refusal }
        return Place(
            customer: customer, item: item, quantity: quantity, amount: amount, failAt: failAt,
            deadlineMs: deadline.millisecondsSince1970)
    }

    /// The name of a customer or an item.
    mutating func name(_ value: JSON?, as field: String) -> String? {
        let expectation = "expected a name of 1 to \(Self.nameBytes) bytes without control characters"
        switch value {
        case nil, .null: return refuse(field, "missing; \(expectation)")
        case .string(let text):
            if text.isEmpty { return refuse(field, "\"\" is empty; \(expectation)") }
            guard text.utf8.count <= Self.nameBytes else {
                return refuse(field, "\"\(text.prefix(64))…\" has \(text.utf8.count) bytes; \(expectation)")
            }
            if let control = text.unicodeScalars.first(where: { $0.properties.generalCategory == .control }) {
                let code = String(control.value, radix: 16, uppercase: true)
                let name = "U+00" + (code.count < 2 ? "0" : "") + code
                return refuse(field, "\(JSON.string(text)) has the control character \(name); \(expectation)")
            }
            return text
        case let other?: return refuse(field, "\(other.kind) is not a name; \(expectation)")
        }
    }

    /// A whole number, or a string of its digits.
    mutating func whole(_ field: String, in range: ClosedRange<Int64>) -> Int64? {
        let expectation = "expected a whole number from \(range.lowerBound) to \(range.upperBound)"
        let text: String
        switch body[field] {
        case nil, .null: return refuse(field, "missing; \(expectation)")
        case .number(let literal): text = literal
        case .string(let digits):
            guard WholeNumber.isPlain(digits) else {
                return refuse(field, "\"\(digits.prefix(64))\" is not a number; \(expectation)")
            }
            text = digits
        case let other?: return refuse(field, "\(other.kind) is not a number; \(expectation)")
        }
        switch WholeNumber(text) {
        case .value(let number):
            if let value = Int64(exactly: number), range.contains(value) { return value }
            let fault = number > UInt64(range.upperBound) ? "too large" : "too small"
            return refuse(field, "\(text.prefix(64)) is \(fault); \(expectation)")
        case .negative: return refuse(field, "\(text.prefix(64)) is negative; \(expectation)")
        case .tooLarge: return refuse(field, "\(text.prefix(64)) is too large; \(expectation)")
        case .notWhole: return refuse(field, "\(text.prefix(64)) is not a whole number; \(expectation)")
        }
    }

    /// A step by its name, in any case of letters; nil when there is none, too.
    private mutating func step(_ field: String) -> OrderStep? {
        let names = OrderStep.allCases.map { "\"\($0.rawValue)\"" }
        let expectation = "expected \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
        switch body[field] {
        case nil, .null: return nil
        case .string(let name):
            return OrderStep(rawValue: name.lowercased()) ?? refuse(field, "\"\(name.prefix(64))\" is no step; \(expectation)")
        case let other?: return refuse(field, "\(other.kind) is no step; \(expectation)")
        }
    }

    /// What the header `If-Match` says.
    mutating func condition(_ header: String?) -> RevisionCondition? {
        do throws(RevisionConditionError) { return try RevisionCondition(header: header) } catch {
            return refuse("If-Match", "\(error)")
        }
    }

    private mutating func refuse<Value>(_ field: String, _ message: String) -> Value? {
        errors.append(.init(field, [message]))
        return nil
    }
}
