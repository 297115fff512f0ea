import JSONDocument
import Web

/// A node that is the only member: what a command asks for to find an edge.
struct OnlyMember: RouteGroup {
    var routes: [WebRoute] {
        [
            WebRoute(.get, "/members") { request in
                .json([
                    [
                        "name": "n1", "address": "127.0.0.1:1", "status": "alive", "life": 1, "incarnation": 0, "roles": [],
                        "edge": .text(request.authority),
                    ],
                ])
            },
        ]
    }
}
