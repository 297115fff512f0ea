extension Story {
    /// An accepted job, and what has been said of it.
    struct Job {
        struct Reading {
            /// The edge that said so.
            let via: String?
            let callNs: Int64
            let ns: Int64
            let document: JobReading
        }

        /// What an edge says when all is over and all harm is undone.
        struct Audit {
            let via: String
            let ns: Int64
            /// Nil when there was none.
            let document: JobReading?
            /// `failed`: the edge says that there is no such job.
            let outcome: HistoryRecord.Outcome
            let detail: String
        }

        /// What an edge said when its customer did not want it any more.
        struct Cancel {
            let via: String
            let answer: Cancellation?
            let outcome: HistoryRecord.Outcome
            let detail: String

            /// Whether it may be what has ended the order.
            var mayHaveWorked: Bool { answer == .accepted || outcome == .unknown }
        }

        let process: Int
        let submission: Submission
        /// When its client first asked for it: it was not placed before.
        let askedNs: Int64
        /// When its client had been told so.
        let acceptedNs: Int64
        /// Documents that differ, in order, as its client has read them.
        var readings: [Reading] = []
        /// In the order of the answers, one of each edge.
        var audits: [Audit] = []
        /// Of an order, in the order of the answers.
        var cancels: [Cancel] = []
        /// By edge, why the client's last question had no document for an answer; empty when it had.
        var silence: [String: String] = [:]

        init(process: Int, submission: Submission, askedNs: Int64, acceptedNs: Int64) {
            self.process = process
            self.submission = submission
            self.askedNs = askedNs
            self.acceptedNs = acceptedNs
        }

        /// Whether it is an order for goods; others are scattered over workers.
        var isOrder: Bool { submission.kind == Submission.orders }
        var last: Reading? { readings.last }
        var name: String { "job \(process) (\(submission.kind) \(submission.jobId ?? "?"))" }

        /// Every document that says how it ended: its client's last, and those of the audit.
        var endings: [Reading] {
            let told = audits.compactMap { audit in
                audit.document.map { Reading(via: audit.via, callNs: audit.ns, ns: audit.ns, document: $0) }
            }
            return ([last].compactMap { $0 } + told).filter(\.document.isOver)
        }

        /// Whether it had surely been accepted at a moment, and surely not ended: somebody who asked later was told so.
        func isUnderWay(at ns: Int64) -> Bool {
            acceptedNs <= ns && readings.contains { $0.callNs >= ns && !$0.document.isOver }
        }

        /// Orders sent again so far at a moment.
        func resent(until ns: Int64 = .max) -> Int {
            let read = readings.filter { $0.callNs <= ns }.map(\.document.resent)
            return (read + audits.filter { $0.ns <= ns }.compactMap { $0.document?.resent }).max() ?? 0
        }
    }
}
