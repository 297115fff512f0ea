import JSONDocument
import Jobs
import Web

/// `GET /jobs`: the jobs of the whole mesh, running and lately ended, as its nodes tell them now.
struct JobRoutes: RouteGroup {
    let jobs: (any JobOverview)?

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/jobs") { _ in
                guard let jobs else { throw Problem.notFound("this node gathers no jobs") }
                let survey = await jobs.survey()
                return .json([
                    "jobs": .array(survey.jobs.map { .object($0.jsonMembers) }),
                    // Live members that have not answered in time: theirs are missing.
                    "unheard": .array(survey.unheard.map { .string($0) }), "shardsWithoutStore": .number(survey.shardsWithoutStore),
                ])
            }
        ]
    }
}
