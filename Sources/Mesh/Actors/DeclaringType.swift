import CContracts
import Glibc

// Which type declares a function
// ==============================
// A mangled distributed function begins with the type that declares it:
//
//     $s4Demo5OuterC3ownSiyYaKFTE                    Demo.Outer.own() -> Int
//     $s4Demo5OuterC5InnerC6revealSiyYaKFTE          Demo.Outer.Inner.reveal() -> Int
//     $s4Demo5OuterC1fyySiF5InnerL_C6revealSiyYaKFTE reveal() -> Int of Inner, which lives in Outer.f(Int)
//
// The name of a type is a prefix of the functions of every type inside it, too, and of those of types inside its
// functions. Running one of these over an Outer reads its memory as an Inner's. To tell them apart one has to read the whole
// mangled name; so the runtime's own demangler reads it, and what it says must be the type, a dot, one name, and the
// parameters. Whatever reads otherwise counts as not declared, which costs a refusal and never memory.

/// Finds the type that declares a distributed function.
enum DeclaringType {
    /// The type that declares `target`; `nil` when it is none that can be called from afar.
    static func of(_ target: String) -> ActorType? {
        let name = Array(target.utf8.dropFirst(2))
        // The type is a class, so its name ends with a C; the first that fits is the only one.
        for (index, byte) in name.enumerated() where byte == UInt8(ascii: "C") {
            let type = String(decoding: name[...index], as: UTF8.self)
            if isDeclared(target, by: type) { return ActorType(mangledName: type) }
        }
        return nil
    }

    static func isDeclared(_ target: String, by type: String) -> Bool {
        guard target.hasPrefix("$s" + type), let declaring = demangled("$s" + type), let function = demangled(target),
            function.hasPrefix(thunk)
        else { return false }
        let path = withoutExtension(function.dropFirst(thunk.count)), owner = withoutExtension(declaring[...])
        guard path.hasPrefix(owner + ".") else { return false }
        return isOneName(path.dropFirst(owner.count + 1))
    }

    private static let thunk = "distributed thunk "

    /// A function of an extension in another module: `(extension in Other):Demo.Outer.own()`.
    private static func withoutExtension(_ text: Substring) -> Substring {
        guard text.hasPrefix("(extension in "), let end = text.firstIndex(of: ":") else { return text }
        return text[text.index(after: end)...]
    }

    /// `own(`, ``` `any name`( ```, or `(own in _2F08...)(` of a private function.
    private static func isOneName(_ text: Substring) -> Bool {
        let rest: Substring
        switch text.first {
        case "(": rest = text.drop { $0 != ")" }.dropFirst()
        case "`": rest = text.dropFirst().drop { $0 != "`" }.dropFirst()
        default: rest = text.drop { $0 != "." && $0 != "(" }
        }
        return rest.first == "(" && rest.startIndex > text.startIndex
    }

    private static func demangled(_ name: String) -> String? {
        guard let text = ccontracts_demangle(name, name.utf8.count) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
