import JSONDocument
import Jobs
import Lookup
import Web
import World

/// Reads from where a target is to be looked up, and decides which nodes these are: once, when the job is submitted.
struct LookupVantageForm {
    let gateway: any JobGateway<LookupStatus>
    /// The nodes that look up now, in the order in which the ring names them for a target.
    let points: @Sendable (_ target: String) -> [VantagePoint]

    /// What a user wishes, with what has to be known to fulfil it.
    struct Wish {
        private let asked: LookupVantage.Asked
        private let earlier: LookupStatus?
        private let points: @Sendable (_ target: String) -> [VantagePoint]

        fileprivate init(_ asked: LookupVantage.Asked, _ earlier: LookupStatus?, _ points: @escaping @Sendable (String) -> [VantagePoint]) {
            (self.asked, self.earlier, self.points) = (asked, earlier, points)
        }

        func vantage(for target: String, services: Int) throws(VantageRefusal) -> LookupVantage {
            try LookupVantage(asked, from: points(target), services: services, earlier: earlier)
        }
    }

    /// The wish that a value of JSON says; nil when it says none. What is wrong with it is added to the errors.
    /// - Throws: `mesh` when the earlier job that it names cannot be read now.
    func wish(_ value: JSON?, _ errors: inout [Problem.FieldErrors]) async throws(LookupRefusal) -> Wish? {
        guard let value, value != .null else { return nil }
        let asked: LookupVantage.Asked
        do throws(VantageRefusal) { asked = try LookupVantage.Asked(value) } catch {
            errors.append(Self.error(error))
            return nil
        }
        guard case .sameAs(let job) = asked else { return Wish(asked, nil, points) }
        do throws(JobGatewayError) {
            return Wish(asked, try await gateway.status(job, seen: nil, patience: .zero), points)
        } catch {
            guard error.code == .notFound else { throw .mesh(error) }
            return Wish(asked, nil, points)
        }
    }

    static func error(_ refusal: VantageRefusal) -> Problem.FieldErrors { .init("Vantage", [refusal.description]) }
}
