import World

/// The changes of many wishes as one: commands carried out one after the other on what the ones before have left.
struct Fold {
    /// What becomes of a wish when the change is chosen.
    typealias Answer = (wish: RegisterWish, result: Result<[UInt8], RegisterError>)

    private(set) var view: RegisterView
    private(set) var answers: [Answer] = []
    private let before: RegisterState

    /// - Parameter lastOperation: see ``Proposer/lastOperation``.
    init(_ state: RegisterState, _ rows: LayeredRows, lastOperation: [UInt8]? = nil, circumstances: Circumstances = .none) {
        before = state
        view = RegisterView(state: state, rows: rows, lastOperation: lastOperation, circumstances: circumstances)
    }

    /// Whether nothing has to be written: all was refused, or done before.
    var isEmpty: Bool { view.isUnchanged(from: before) }

    /// Carries out the wish on top of what was folded. False when there is no room for it beside the others.
    ///
    /// - Parameter operation: by which it is remembered; nil when the machine knows by itself what it has carried out.
    mutating func add(_ wish: RegisterWish, operation: WorkID?, command: [UInt8], machine: any RegisterMachine) -> Bool {
        if let operation, let answer = view.answer(of: operation) {
            answers.append((wish, .success(answer)))
            return true
        }
        view.mark()
        do {
            if view.isFinished {
                answers.append((wish, .success(try machine.late(command, view))))
                return true
            }
            let answer = try machine.change(command, &view)
            if let operation { view.note(operation, answer: answer) }
            if view.isWithinLimits, answer.count <= RegisterLimits.answerBytes {
                answers.append((wish, .success(answer)))
                return true
            }
            view.rollBack()
            if !isEmpty { return false }
            answers.append((wish, .failure(Self.tooLarge(wish.key, answer: answer.count))))
        } catch {
            view.rollBack()
            answers.append((wish, .failure(error.error)))
        }
        return true
    }

    private static func tooLarge(_ key: RegisterKey, answer: Int) -> RegisterError {
        RegisterError(
            .tooLarge, .failed,
            "a change of \(key) is too large: at most \(RegisterLimits.stateBytes) bytes of state, \(RegisterLimits.rowBytes) of a row, "
                + "\(RegisterLimits.deltaRows) rows, \(RegisterLimits.deltaBytes) bytes in all and \(RegisterLimits.answerBytes) of the "
                + "answer, which has \(answer); divide it")
    }

    /// The change, to be proposed.
    func delta(on base: RegisterVersion, under ballot: Ballot) -> RegisterDelta {
        RegisterDelta(base: base, ballot: ballot, state: view.whole, rows: view.changes)
    }
}
