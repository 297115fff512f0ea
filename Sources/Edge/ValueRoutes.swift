import HTTPTypes
import Hummingbird
import JSONDocument
import Registers
import Truth
import Web
import World

/// `PUT` and `GET /api/kv/{key}`: any bytes under names, kept by the registers of the mesh.
public struct ValueRoutes: RouteGroup {
    /// How long an answer may take.
    static let patience = Duration.seconds(5)

    private let values: KeyValue?
    private let ids: WorkIDGenerator

    /// - Parameter values: nil when this edge reaches no registers; then every answer is 503.
    public init(values: KeyValue?, world: any World) {
        self.values = values
        ids = WorkIDGenerator(world, name: "value-ids")
    }

    public var routes: [WebRoute] {
        [
            WebRoute(.put, "/api/kv/{key}", operation: Self.putOperation) { try await put($0) },
            WebRoute(.get, "/api/kv/{key}", operation: Self.getOperation) { try await get($0) },
        ]
    }

    private func put(_ request: WebRequest) async throws -> Response {
        for condition in [HTTPField.Name.ifMatch, .ifNoneMatch] where request.headers[condition] != nil {
            throw Problem.invalid([.init(condition.rawName, ["values are put without conditions; leave it out"])])
        }
        let key = try request.name("key"), value = try await request.bytes(), operation = ids.next()
        do throws(RegisterError) {
            let revision = try await reached().put(key, value, operation: operation, patience: Self.patience)
            return Response(status: .noContent, headers: [.eTag: "\"\(revision)\""])
        } catch {
            throw Problem(error)
        }
    }

    private func get(_ request: WebRequest) async throws -> Response {
        let key = try request.name("key"), entry: KeyValue.Entry?
        do throws(RegisterError) { entry = try await reached().get(key, patience: Self.patience) } catch {
            throw Problem(reading: error)
        }
        guard let entry else { throw Problem.notFound("nothing was ever put under \"\(key)\"") }
        return Response(
            status: .ok, headers: [.eTag: "\"\(entry.revision)\"", .contentType: "application/octet-stream"],
            body: .init(byteBuffer: ByteBuffer(bytes: entry.bytes)))
    }

    private func reached() throws(RegisterError) -> KeyValue {
        guard let values else {
            throw RegisterError(.notReady, .failed, "this edge reaches no store of the mesh; ask another edge", retryAfter: .seconds(10))
        }
        return values
    }

    // MARK: OpenAPI

    private static let bytes: JSON = ["application/octet-stream": ["schema": ["type": "string", "format": "binary"]]]
    private static let tag = JSON.eTag("its revision")
    private static let key: JSON = [
        "name": "key", "in": "path", "required": true, "schema": ["type": "string", "minLength": 1, "maxLength": 256],
        "description": "at most 256 bytes of UTF-8", "example": "greeting",
    ]

    private static let putOperation: JSON = [
        "operationId": "putValue", "tags": ["values"], "summary": "Put bytes under a name", "parameters": [key],
        "description": "At most 64 KiB, of whichever Content-Type. Without a body there are none.",
        "requestBody": ["required": false, "content": bytes],
        "responses": [
            "204": ["description": "it survives whatever dies", "headers": tag],
            "400": .problem("the name is no UTF-8 when it is percent-decoded; or there is an If-Match, or an If-None-Match"),
            "413": .problem("the name has more than 256 bytes, or the value more than 64 KiB"),
            "503": .problem("no majority answers; see Retry-After, and outcome: failed or unknown"),
        ],
    ]

    private static let getOperation: JSON = [
        "operationId": "getValue", "tags": ["values"], "summary": "The bytes that were put last", "parameters": [key],
        "responses": [
            "200": ["description": "the bytes", "headers": tag, "content": bytes],
            "400": .problem("the name is no UTF-8 when it is percent-decoded"), "404": .problem("nothing was ever put under this name"),
            "413": .problem("the name has more than 256 bytes"),
            "503": .problem("no majority answers; see Retry-After"),
        ],
    ]
}
