import ArgumentParser
import JSONDocument
import Transport
import Web
import World

/// `gossamer keys`: key pairs for encrypted meshes.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make key pairs for encrypted meshes.", subcommands: [NewCommand.self])

    struct NewCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Make a CURVE key pair.",
            discussion: """
                The secret key goes into a file that only its owner may read, and belongs to one node; the public key goes into \
                the topology file, under security.curve. Without --out both are printed.
                """)

        @Option(help: ArgumentHelp("Write the secret key to this new file.", valueName: "file"))
        var out: String?

        @Flag(help: "Print JSON, for programs.")
        var json = false

        func run() async throws {
            guard let pair = CurveKeyPair.generate() else {
                throw CommandFailure(.unavailable, "this libzmq was built without CURVE; install one that has it, such as Debian's libzmq5")
            }
            if let out { try write(pair.secretKey, to: out) }
            if json {
                var fields: [JSON.Member] = [.init("publicKey", .string(pair.publicKey.text))]
                fields.append(out.map { .init("secretKeyFile", .string($0)) } ?? .init("secretKey", .string(pair.secretKey)))
                return Console.put(.object(fields))
            }
            Console.put("public key: \(pair.publicKey.text)")
            Console.put(out.map { "secret key: in \($0)" } ?? "secret key: \(pair.secretKey)")
        }

        private func write(_ key: String, to path: String) throws(CommandFailure) {
            do throws(FileError) {
                try SystemFileSystem().createSecret(Array((key + "\n").utf8), at: path)
            } catch {
                let reason = error.code == .exists ? "it exists already, and a key that is overwritten is lost" : error.reason
                throw CommandFailure(.ioError, "cannot make \(path): \(reason)")
            }
        }
    }
}
