import CContracts
import Wire

extension ContractTable {
    /// All distributed functions of this program.
    ///
    /// The Swift compiler lists them in a section of the program for its own runtime; reading it there spares every actor
    /// type a registration that somebody would forget. A failure when they are more than a handshake can carry.
    static let ofThisProgram = Result { () throws(ContractTableError) in
        try ContractTable((0..<ccontracts_count()).compactMap { ccontracts_name($0).map { String(cString: $0) } })
    }
}
