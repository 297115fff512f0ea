import Hummingbird
import JSONDocument
import Jobs
import Lookup
import Web

/// Why a lookup is refused, in one of the two shapes of the contract.
enum LookupRefusal: Error {
    /// A field is wrong: a problem document.
    case fields([Problem.FieldErrors])
    /// The target has passed the first check and is still none: an object with one sentence.
    case sentence(String)
    /// What has to be known to read it cannot be had now.
    case mesh(JobGatewayError)

    /// - Throws: the ``Problem``.
    func response() throws -> Response {
        switch self {
        case .fields(let errors): throw Problem.invalid(errors)
        case .sentence(let text): return .json(["error": .string(text)], status: .badRequest)
        case .mesh(let error): throw Problem(error)
        }
    }

    /// What is wrong first, without the name of its field.
    var sentence: String {
        switch self {
        case .fields(let errors): errors.first?.messages.first ?? ""
        case .sentence(let text): text
        case .mesh(let error): error.description
        }
    }
}

/// The body of a submission, as it was written.
struct LookupOrderForm {
    private let target: JSON?
    private let services: JSON?
    private let fresh: JSON?
    private let vantage: JSON?
    private let offered: [LookupService]

    init(_ body: JSON, services offered: [LookupService]) {
        target = body["target"]
        services = body["services"]
        fresh = body["fresh"]
        vantage = body["vantage"]
        self.offered = offered
    }

    /// Everything that is wrong with the fields is told at once.
    func request(_ places: LookupVantageForm) async throws(LookupRefusal) -> LookupRequest {
        var errors: [Problem.FieldErrors] = []
        var valid: LookupTarget?
        var sentence: String?
        do throws(LookupRefusal) { valid = try Self.valid(target) } catch {
            switch error {
            case .fields(let wrong): errors += wrong
            case .sentence(let text): sentence = text
            case .mesh: throw error
            }
        }
        let numbers = numbers(&errors), isFresh = isFresh(&errors), wish = try await places.wish(self.vantage, &errors)
        var vantage: LookupVantage?
        do throws(VantageRefusal) { vantage = try wish?.vantage(for: valid?.text ?? "", services: numbers.count) } catch {
            errors.append(LookupVantageForm.error(error))
        }
        guard errors.isEmpty else { throw .fields(errors) }
        guard let valid else { throw .sentence(sentence ?? "") }
        return LookupRequest(target: valid, services: numbers, isFresh: isFresh, vantage: vantage)
    }

    /// The target that a value of JSON says.
    static func valid(_ target: JSON?) throws(LookupRefusal) -> LookupTarget {
        switch target {
        case nil, .null: throw .fields([.init("Target", ["\(LookupTargetRefusal.required)"])])
        case .string(let text):
            do throws(LookupTargetRefusal) { return try LookupTarget(text) } catch {
                throw error.isValidation ? .fields([.init("Target", ["\(error)"])]) : .sentence("\(error)")
            }
        case let other?:
            throw .fields([.init("$.target", ["a target is a string, not \(other.kind)"]), LookupRoutes.requestRequired])
        }
    }

    /// The numbers of the services that are asked for; what is wrong with them is added to the errors, first in the words of the original.
    func numbers(_ errors: inout [Problem.FieldErrors]) -> [Int] {
        switch services {
        case nil, .null: return offered.map(\.value)
        case .array(let elements):
            if elements.isEmpty {
                errors.append(.init("Services", ["At least one service must be specified if services is provided"]))
            } else if elements.count > LookupRequest.servicesAllowed {
                let limit = "Maximum \(LookupRequest.servicesAllowed) services can be requested at once"
                errors.append(.init("Services", [limit, "there are \(elements.count)"]))
            }
            guard !elements.isEmpty, elements.count <= LookupRequest.servicesAllowed else { return [] }
            var numbers: [Int] = []
            for element in elements {
                guard let number = number(of: element) else {
                    let shown = element.text().prefix(64)
                    errors.append(.init("Services", ["Invalid service type specified", "\(shown) is unknown; known are \(known)"]))
                    return []
                }
                guard !numbers.contains(number) else {
                    errors.append(.init("Services", ["Duplicate services are not allowed", "\(element.text().prefix(64)) comes again"]))
                    return []
                }
                numbers.append(number)
            }
            return numbers
        case let other?:
            errors += [
                .init("$.services", ["services are an array of numbers or names, not \(other.kind)"]), LookupRoutes.requestRequired,
            ]
            return []
        }
    }

    /// Whether nothing that was kept is wanted; what is wrong with it is added to the errors.
    func isFresh(_ errors: inout [Problem.FieldErrors]) -> Bool {
        switch fresh {
        case nil, .null: return false
        case .bool(let isFresh): return isFresh
        case let other?:
            errors += [.init("$.fresh", ["fresh is true or false, not \(other.kind)"]), LookupRoutes.requestRequired]
            return false
        }
    }

    private func number(of element: JSON) -> Int? {
        if let number = element.integer() { return offered.first { $0.value == number }?.value }
        guard let name = element.string?.lowercased() else { return nil }
        return offered.first { $0.name.lowercased() == name || String($0.value) == name }?.value
    }

    private var known: String { offered.map { "\($0.value) (\($0.name))" }.joined(separator: ", ") }
}
