import Registers
import World

// What frames and answers look like in a trace.

extension RegisterFrame {
    var text: String { items.map(\.text).joined(separator: "; ") }
}

extension RegisterItem {
    var text: String {
        switch self {
        case .request(let request): "r\(request.round) \(request.key) \(request.text)"
        case .answer(let answer): "r\(answer.round) \(answer.body.text)"
        case .witnessQuestion: "what did you hear of me?"
        case .witnessAnswer(let commit): "of you I heard \(commit)"
        case .shardRequest(let request): "r\(request.round) shard \(request.shard) \(request.text)"
        case .carriedQuestion(let known): "what have you carried in epoch \(known.epoch)? I know of \(known.shards.count)"
        case .carriedAnswer(let carried): "carried \(carried.shards.count) shards in epoch \(carried.epoch)"
        }
    }
}

extension ShardRequest {
    var text: String {
        switch action {
        case .horizon(let hour, let step): "\(step) \(hour)"
        case .list(let key): "list" + (key.map { " after \($0)" } ?? "")
        case .inherit(let closed, _): "inherit \(closed)"
        }
    }
}

extension RegisterRequest {
    var text: String {
        switch action {
        case .prepare: "prepare \(ballot)"
        case .accept(let delta, let next, _): "accept \(delta.version) on \(delta.base), \(delta.rows.count) rows, next \(next)"
        case .confirm: ballot == .zero ? "peek" : "confirm \(ballot)"
        case .fetch(let after, let from): "fetch \(ballot) after \(after)" + (from.isEmpty ? "" : " from byte key of \(from.count)")
        }
    }
}

extension RegisterAnswer.Body {
    var text: String {
        switch self {
        case .promised(let base, let pending, _): "promised, \(base)" + (pending.map { " then perhaps \($0)" } ?? "")
        case .accepted: "accepted"
        case .confirmed: "confirmed"
        case .outbid(let ballot): "outbid by \(ballot)"
        case .behind(let version): "behind at \(version)"
        case .piece(let piece): "piece of \(piece.version), \(piece.rows.count) rows" + (piece.next == nil ? "" : ", more")
        case .wrongEpoch(let epoch): "epoch \(epoch)"
        case .closed(let hour): "\(hour) is closed"
        case .unable: "unable"
        case .horizon(let key): key.map { "\($0) is in the way" } ?? "done"
        case .listed(let listing): "\(listing.keys.count) registers" + (listing.isLast ? "" : ", more")
        }
    }
}

extension Result<[UInt8], RegisterError> {
    var text: String {
        switch self {
        case .success(let bytes): "ok, \(bytes.count) bytes"
        case .failure(let error): "\(error.code.rawValue), \(error.outcome.rawValue)"
        }
    }
}
