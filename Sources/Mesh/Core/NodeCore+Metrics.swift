import Transport
import World

extension NodeCore {
    /// All figures of the node.
    func metrics() -> [MetricSample] {
        membershipMetrics + loopMetrics + callMetrics + linkMetrics
    }

    private var membershipMetrics: [MetricSample] {
        let counts = Dictionary(grouping: membership.members, by: \.status).mapValues(\.count)
        let help = "Members by status, as this node sees them."
        return ["alive", "suspect", "dead", "left"].map { status in
            let count = counts.first { $0.key.description == status }?.value ?? 0
            return MetricSample("gossamer_members", .gauge, Double(count), labels: [.init("status", status)], help: help)
        } + [
            MetricSample(
                "gossamer_health_score", .gauge, Double(membership.healthScore),
                help: "0 is well; membership's timers are stretched by score + 1."),
            MetricSample(
                "gossamer_clock_offset_seconds", .gauge, membership.clockWatch.ahead(now: world.now, wall: world.wallTime).seconds,
                help: "How far the wall clock is ahead of the median of the members'; 0 where nobody can tell."),
            MetricSample(
                "gossamer_clock_off", .gauge, membership.clockWatch.verdict.isOff ? 1 : 0,
                help: "1 while the wall clock is so far from the others' that this node fires no timers and lets no hour pass."),
            MetricSample("gossamer_life", .gauge, Double(identity.life), help: "How often the node has started."),
        ]
    }

    private var loopMetrics: [MetricSample] {
        let metrics = loop.metrics
        return [
            MetricSample("gossamer_loop_turns_total", .counter, Double(metrics.turns), help: "Turns of the event loop."),
            MetricSample(
                "gossamer_loop_long_turns_total", .counter, Double(metrics.longTurns),
                help: "Turns of more than a millisecond: frames and timers waited."),
            MetricSample("gossamer_loop_longest_turn_seconds", .gauge, metrics.longestTurn.seconds, help: "The longest turn so far."),
            MetricSample(
                "gossamer_loop_lateness_seconds", .gauge, metrics.latestLateness.seconds,
                help: "How late the loop woke for its last deadline."),
            MetricSample(
                "gossamer_loop_longest_lateness_seconds", .gauge, metrics.longestLateness.seconds,
                help: "How late it woke for any."),
        ]
    }

    private var callMetrics: [MetricSample] {
        [
            MetricSample("gossamer_calls_pending", .gauge, Double(pending.count), help: "Calls of this node that wait for an answer."),
            MetricSample("gossamer_calls_running", .gauge, Double(inbound.count), help: "Calls of other nodes that run here."),
            MetricSample("gossamer_calls_sent_total", .counter, Double(counters.callsSent), help: "Calls that this node began."),
            MetricSample(
                "gossamer_calls_failed_total", .counter, Double(counters.callsFailed),
                help: "Calls of this node that the callee answered with an error."),
            MetricSample(
                "gossamer_calls_expired_total", .counter, Double(counters.callsExpired),
                help: "Calls of this node whose deadline passed."),
            MetricSample("gossamer_answers_late_total", .counter, Double(counters.lateAnswers), help: "Answers to calls that had ended."),
            MetricSample(
                "gossamer_calls_received_total", .counter, Double(counters.callsReceived),
                help: "Calls of other nodes that arrived."),
            MetricSample(
                "gossamer_calls_refused_total", .counter, Double(counters.callsRefused),
                help: "Calls of other nodes that were not started."),
            MetricSample(
                "gossamer_subscriptions", .gauge, Double(listingSubscribers.count + memberSubscribers.count + watches.count),
                help: "Readers of listings, of membership's events, and of actors' ends."),
            MetricSample(
                "gossamer_watches_served", .gauge, Double(watches.servedCount),
                help: "Watches of other nodes and of clients on actors here."),
            MetricSample(
                "gossamer_frames_unknown_total", .counter, Double(counters.unknownFrames),
                help: "Frames of a kind that this node does not expect of the peer."),
        ]
    }

    private var linkMetrics: [MetricSample] {
        let metrics = links.metrics
        var samples: [MetricSample] = []
        for (lane, figures) in [("pulse", metrics.pulse), ("truth", metrics.truth), ("work", metrics.work)] {
            let label = [MetricSample.Label("lane", lane)]
            func count(_ name: String, _ value: UInt64, _ help: String) {
                samples.append(MetricSample("gossamer_link_\(name)_total", .counter, Double(value), labels: label, help: help))
            }
            count("sent_frames", figures.framesSent, "Frames sent.")
            count("received_frames", figures.framesReceived, "Frames received.")
            count("sent_messages", figures.messagesSent, "ZeroMQ messages sent; one carries many frames under load.")
            count("received_messages", figures.messagesReceived, "ZeroMQ messages received.")
            count("sent_bytes", figures.bytesSent, "Bytes sent, with ZMTP's framing.")
            count("received_bytes", figures.bytesReceived, "Bytes received, with ZMTP's framing.")
            count("resent_messages", figures.resent, "Messages sent again for lack of an acknowledgement.")
            count("duplicate_messages", figures.duplicates, "Messages that had arrived before.")
            count("overloaded_frames", figures.overloaded, "Frames refused because too much waited.")
            count("unknown_token_messages", figures.unknownToken, "Messages under a token that no session has.")
        }
        samples.append(MetricSample(
            "gossamer_link_connections_refused_total", .counter, Double(metrics.connectionsRefused),
            help: "Bare connects that found a machine and nobody listening there."))
        samples.append(MetricSample(
            "gossamer_link_descriptor_shortages_total", .counter, Double(metrics.descriptorShortages),
            help: "Channels that could not be opened for lack of descriptors; each is tried again."))
        samples.append(MetricSample(
            "gossamer_link_sessions_lost_total", .counter, Double(metrics.sessionsLost),
            help: "Sessions that ended."))
        samples.append(MetricSample(
            "gossamer_link_handshakes_refused_total", .counter, Double(metrics.handshakesRefused),
            help: "Handshakes refused by either side."))
        samples.append(MetricSample(
            "gossamer_link_keys_refused_total", .counter, Double(metrics.keysRefused),
            help: "Connections refused here because their key is not in the topology."))
        samples.append(MetricSample(
            "gossamer_link_malformed_total", .counter, Double(metrics.malformed + counters.malformedFrames),
            help: "Messages or frames that break the format; each drops its link."))
        return samples.sorted { ($0.name, $0.labels.first?.value ?? "") < ($1.name, $1.labels.first?.value ?? "") }
    }
}
