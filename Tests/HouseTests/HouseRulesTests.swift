import Foundation
import Testing

/// The rules of docs/ARCHITECTURE.md that a program can check, checked on the project's own sources.
@Suite struct HouseRulesTests {
    struct Source {
        var path: String
        var lines: [String]
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func sources(under folder: String) throws -> [Source] {
        let base = root.appending(path: folder).path
        let paths = try #require(FileManager.default.enumerator(atPath: base)).compactMap { $0 as? String }
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try String(contentsOfFile: base + "/" + path, encoding: .utf8)
            return Source(path: folder + "/" + path, lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        }
    }

    /// A line without its comment and without string literals, so that prose may name what code may not use.
    static func code(_ line: String) -> String {
        var result = "", isInString = false, previous: Character = " "
        for character in line {
            if character == "\"" && previous != "\\" { isInString.toggle() }
            if !isInString {
                if character == "/" && previous == "/" { return String(result.dropLast()) }
                result.append(character)
            }
            previous = character
        }
        return result
    }

    /// What only the world, and the reactor's thread, may ask the system for.
    private static let aroundTheWorld: [(pattern: String, instead: String)] = [
        (#"\bDate\(\)"#, "world.wallTime"),
        (#"\bDate\.now\b"#, "world.wallTime"),
        (#"\bTask\.sleep\b"#, "world.sleep"),
        (#"\b(Continuous|Suspending)Clock\b"#, "world.now"),
        (#"\bUUID\(\)"#, "WorkID or world.random"),
        (#"\.random\(in:"#, "world.random"),
        (#"\bBool\.random\(\)"#, "world.random"),
        (#"\.(randomElement|shuffled|shuffle)\(\)"#, "world.random, given as the generator"),
        (#"\bSystemRandomNumberGenerator\b"#, "world.random"),
        (#"\bThread\b(?!Pool)"#, "world.spawn or world.compute"),
        (#"\bDispatch(Queue|Source|Group|Semaphore)\b"#, "world.spawn or world.compute"),
        (#"\bFileManager\b"#, "world.files"),
        (#"\bgetenv\("#, "world.environment"),
        (#"\bProcessInfo\b"#, "world.environment"),
        (#"\bTask(\.detached)?\s*(\(|\{)"#, "world.spawn"),
        (#"\b(clock_gettime|gettimeofday)\("#, "world.now"),
        (#"\b(usleep|nanosleep)\("#, "world.sleep"),
        (#"\bpthread_create\("#, "world.spawn or world.compute"),
        (#"\bfopen\(|\bO_(RDONLY|WRONLY|RDWR)\b"#, "world.files"),
        (#"\b(Data|String)\(contentsOf"#, "world.files"),
    ]

    private static func mayGoAround(_ path: String) -> Bool {
        path.hasPrefix("Sources/World/") || path.hasPrefix("Sources/Transport/Reactor/")
    }

    /// What would let one test cost the whole run.
    private static let whatHangs: [(pattern: String, instead: String)] = [
        (#"\bProcess\(\)|\bPipe\(\)"#, "CommandLineTool or ChildProcess, for every other child would hold the pipe open, too"),
        (#"\breadDataToEndOfFile\b|\bwaitUntilExit\b"#, "CommandLineTool, which has a bound"),
        (#"@Suite\((?!.*\.bounded).*\.serialized"#, ".serialized, .bounded"),
    ]

    @Test func noTestWaitsWithoutABound() throws {
        for source in try Self.sources(under: "Tests") where !source.path.hasPrefix("Tests/HouseTests/") {
            for (number, line) in source.lines.enumerated() {
                let code = Self.code(line)
                for rule in Self.whatHangs where code.range(of: rule.pattern, options: .regularExpression) != nil {
                    Issue.record("\(source.path):\(number + 1): \(line.trimmingCharacters(in: .whitespaces)): use \(rule.instead)")
                }
            }
        }
    }

    @Test func nothingGoesAroundTheWorld() throws {
        for source in try Self.sources(under: "Sources") where !Self.mayGoAround(source.path) {
            for (number, line) in source.lines.enumerated() {
                let code = Self.code(line)
                for rule in Self.aroundTheWorld where code.range(of: rule.pattern, options: .regularExpression) != nil {
                    Issue.record("\(source.path):\(number + 1): \(line.trimmingCharacters(in: .whitespaces)): use \(rule.instead)")
                }
            }
        }
    }

    @Test func theRulesFindWhatTheyForbid() {
        let planted = [
            "let now = Date()", "try await Task.sleep(for: .seconds(1))", "Task { await send() }", "Task.detached { }",
            "DispatchQueue.global().async {}", "let id = UUID()", "if Int.random(in: x) {}", "let t = Thread { }",
            "if Bool.random() {}", "for x in list.shuffled() {}", "list.shuffle()", "gettimeofday(&time, nil)", "usleep(5)",
            "pthread_create(&thread, nil, body, nil)", "let file = fopen(path, mode)", "let file = open(path, O_RDONLY | O_CLOEXEC)",
            "let bytes = try Data(contentsOf: url)", "let text = try String(contentsOfFile: path)",
        ]
        for line in planted {
            #expect(
                Self.aroundTheWorld.contains { Self.code(line).range(of: $0.pattern, options: .regularExpression) != nil },
                "no rule finds: \(line)")
        }
        #expect(Self.code("let a = 1 // not Date()") == "let a = 1 ")
        #expect(Self.code(#"print("Date()")"#) == #"print(")"#)
    }

    @Test func sendabilityIsUncheckedOnlyInWorldAndReactor() throws {
        for source in try Self.sources(under: "Sources") where !Self.mayGoAround(source.path) {
            for (number, line) in source.lines.enumerated() {
                let code = Self.code(line)
                #expect(!code.contains("@unchecked Sendable"), "\(source.path):\(number + 1)")
                #expect(!code.contains("nonisolated(unsafe)"), "\(source.path):\(number + 1)")
            }
        }
    }

    @Test func internalsAreReachedByPackageAccess() throws {
        for source in try Self.sources(under: "Tests") where !source.path.contains("HouseTests") {
            #expect(!source.lines.contains { $0.contains("@testable") }, "\(source.path) uses @testable")
        }
    }

    @Test func filesStaySmall() throws {
        for source in try Self.sources(under: "Sources") {
            #expect(source.lines.count <= 400, "\(source.path) has \(source.lines.count) lines: more than one idea?")
        }
    }

    /// One room, one floor: what each may import of the others.
    private static let floors: [String: Int] = [
        "World": 1, "MessagePack": 1, "JSONDocument": 1, "Wire": 2, "Membership": 2, "Placement": 2, "Registers": 2, "Choreography": 3, "Orders": 4, "Items": 4, "Jobs": 4,
        "Transport": 3, "Mesh": 4, "Truth": 5, "Limits": 5,
        "Primes": 6, "Lookup": 6, "Topology": 6, "Web": 6, "Edge": 7, "Admin": 7, "Chaos": 7, "Campaign": 7, "Lab": 7, "Command": 8, "gossamer": 9,
    ]

    @Test func roomsImportOnlyLowerFloors() throws {
        for source in try Self.sources(under: "Sources") {
            let room = String(source.path.split(separator: "/")[1])
            let floor = try #require(Self.floors[room], "\(source.path): room \(room) has no floor in this test")
            for line in source.lines where line.hasPrefix("import ") {
                guard let other = Self.floors[String(line.dropFirst("import ".count))] else { continue }
                #expect(other < floor, "\(source.path) imports a room that is not below: \(line)")
            }
        }
    }

    @Test func theProjectSpeaksOfItselfAlone() throws {
        // Assembled from parts, so that this file does not say them.
        let words = ["/" + "work/main", "/" + "tmp/", "issue " + "#", "FIX" + "ME", "TO" + "DO", "@" + "testable import"]
        for folder in ["Sources", "Tests"] {
            for source in try Self.sources(under: folder) {
                for word in words where word != "/" + "tmp/" || folder == "Sources" {
                    #expect(!source.lines.contains { $0.contains(word) }, "\(source.path) says \(word)")
                }
            }
        }
    }
}
