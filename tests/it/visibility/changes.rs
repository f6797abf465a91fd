//! Changes to one hidden thing, and the same to one that was made up.

use serde_json::{Value, json};

use super::{
    probes::{EXTERNAL_AGENT, Hidden, made_up},
    world::World,
};

/// A mutation whose input names one thing.
pub(super) struct Mutation {
    pub(super) name: &'static str,
    field: &'static str,
    rest: Value,
    pub(super) hidden: Value,
    pub(super) made_up: Value,
    from: Hidden,
}

impl Mutation {
    pub(super) fn is_hidden_from(&self, viewer: &str) -> bool {
        self.from.is_from(viewer)
    }

    pub(super) fn input(&self, id: Value) -> Value {
        let mut input = self.rest.clone();
        input[self.field] = id;
        input
    }
}

/// Every mutation that takes an id. `viewer` says which ticket is theirs to change.
pub(super) fn mutations(world: &World, viewer: &str) -> Vec<Mutation> {
    let own = match viewer {
        EXTERNAL_AGENT => &world.routed_ticket,
        _ => &world.own_ticket,
    };
    let ticket = |mutation, rest| (mutation, "ticketId", rest, &world.hidden_ticket);
    let new = json!({ "subject": "s", "description": "d" });
    let asked = [
        ticket("editTicket", json!({ "subject": "s" })),
        ticket("editTicket", json!({ "expectedVersion": 1 })),
        ticket("addComment", json!({ "body": "b" })),
        ticket(
            "addComment",
            json!({ "body": "b", "visibility": "INTERNAL", "isSolution": true }),
        ),
        ticket("claimTicket", json!({})),
        ticket("assignTicket", json!({ "assigneeId": null })),
        ticket(
            "changeTicketLevel",
            json!({ "levelRank": 3, "reason": "r" }),
        ),
        ticket("setTicketPriority", json!({ "priority": "LOW" })),
        ticket("tagTicket", json!({ "add": ["t"] })),
        ticket("waitTicket", json!({ "reason": "REQUESTER" })),
        ticket("solveTicket", json!({ "comment": "c" })),
        ticket("reopenTicket", json!({})),
        ticket("closeTicket", json!({})),
        ticket("followTicket", json!({})),
        ticket(
            "linkTickets",
            json!({ "otherId": own, "kind": "CAUSED_BY" }),
        ),
        ticket(
            "linkKnowledge",
            json!({ "articleId": world.public_article, "role": "SHARED" }),
        ),
        (
            "linkTickets",
            "otherId",
            json!({ "ticketId": own, "kind": "DUPLICATE_OF" }),
            &world.hidden_ticket,
        ),
        ticket("mergeTicket", json!({ "intoId": own })),
        ticket("unmergeTicket", json!({})),
        ticket("draftArticleFromTicket", json!({})),
        ticket("solveIncidents", json!({})),
        (
            "mergeTicket",
            "intoId",
            json!({ "ticketId": own }),
            &world.hidden_ticket,
        ),
        (
            "splitTicket",
            "commentId",
            json!({ "ticketId": own }),
            &world.hidden_comment,
        ),
        (
            "editComment",
            "commentId",
            json!({ "body": "b" }),
            &world.hidden_comment,
        ),
        (
            "editComment",
            "commentId",
            json!({ "body": "b" }),
            &world.internal_comment,
        ),
        (
            "createTicket",
            "requesterId",
            new.clone(),
            &world.hidden_person,
        ),
        ("createTicket", "teamId", new, &world.hidden_team),
        (
            "assignTicket",
            "teamId",
            json!({ "ticketId": own }),
            &world.hidden_team,
        ),
        (
            "assignTicket",
            "assigneeId",
            json!({ "ticketId": own }),
            &world.hidden_person,
        ),
        (
            "createQueue",
            "teamId",
            json!({ "name": "q", "filter": {} }),
            &world.hidden_team,
        ),
        (
            "createMacro",
            "teamId",
            json!({ "name": "m", "steps": [{ "reopen": {} }] }),
            &world.hidden_team,
        ),
        (
            "runMacro",
            "macroId",
            json!({ "ticketId": own }),
            &world.team_macro,
        ),
        ("deleteMacro", "macroId", json!({}), &world.team_macro),
        (
            "createApiToken",
            "machineId",
            json!({ "name": "n", "scopes": ["TICKETS_READ"] }),
            &world.hidden_machine,
        ),
        (
            "editApiToken",
            "tokenId",
            json!({ "name": "n" }),
            &world.hidden_token,
        ),
        (
            "createWebhookEndpoint",
            "machineId",
            json!({ "url": "https://example.org/" }),
            &world.hidden_machine,
        ),
        (
            "editWebhookEndpoint",
            "endpointId",
            json!({ "description": "d" }),
            &world.hidden_webhook,
        ),
        (
            "deleteWebhookEndpoint",
            "endpointId",
            json!({}),
            &world.hidden_webhook,
        ),
        (
            "enableWebhookEndpoint",
            "endpointId",
            json!({}),
            &world.hidden_webhook,
        ),
        (
            "rotateWebhookSecret",
            "endpointId",
            json!({}),
            &world.hidden_webhook,
        ),
        (
            "pingWebhookEndpoint",
            "endpointId",
            json!({}),
            &world.hidden_webhook,
        ),
        ("rotateApiToken", "tokenId", json!({}), &world.hidden_token),
        ("revokeApiToken", "tokenId", json!({}), &world.hidden_token),
        ("resetTotp", "userId", json!({}), &world.hidden_person),
    ];
    let mut mutations: Vec<_> = asked
        .into_iter()
        .map(|(mutation, field, rest, id)| of(mutation, field, rest, id, Hidden::Outsiders))
        .collect();
    let (hidden, made_up) = (&world.hidden_upload, made_up(&world.hidden_upload));
    for (mutation, rest) in [
        ("addComment", json!({ "ticketId": own, "body": "b" })),
        (
            "createTicket",
            json!({ "subject": "s", "description": "d" }),
        ),
        (
            "attachToArticle",
            json!({ "articleId": world.public_article }),
        ),
    ] {
        mutations.push(Mutation {
            name: mutation,
            field: "uploadIds",
            rest,
            hidden: json!([hidden]),
            made_up: json!([made_up]),
            from: Hidden::All,
        });
    }
    for file in &world.hidden_files {
        mutations.push(of(
            "detachFromArticle",
            "attachmentId",
            json!({}),
            file,
            Hidden::Outsiders,
        ));
    }
    for article in &world.hidden_articles {
        for (mutation, rest) in [
            ("solveTicket", json!({ "ticketId": own })),
            (
                "linkKnowledge",
                json!({ "ticketId": own, "role": "SHARED" }),
            ),
            ("publishArticle", json!({})),
            ("archiveArticle", json!({})),
            ("attachToArticle", json!({ "uploadIds": [] })),
            (
                "translateArticle",
                json!({ "locale": "en", "title": "t", "body": "b" }),
            ),
            ("editArticle", json!({ "tags": ["t"] })),
            ("editArticle", json!({ "expectedVersion": 1 })),
            ("scheduleArticle", json!({ "publishAt": null })),
            ("reviewArticle", json!({})),
            ("giveArticleFeedback", json!({ "isHelpful": true })),
        ] {
            mutations.push(of(mutation, "articleId", rest, article, Hidden::Requesters));
        }
    }
    let (category, revision) = (&world.hidden_category, &world.hidden_revision);
    for (mutation, field, rest, id) in [
        ("restoreArticleRevision", "revisionId", json!({}), revision),
        ("editArticleCategory", "categoryId", json!({}), category),
        ("deleteArticleCategory", "categoryId", json!({}), category),
        (
            "createArticle",
            "categoryId",
            json!({ "title": "t", "body": "b", "locale": "en" }),
            category,
        ),
    ] {
        mutations.push(of(mutation, field, rest, id, Hidden::Requesters));
    }
    mutations
}

fn of(name: &'static str, field: &'static str, rest: Value, id: &str, from: Hidden) -> Mutation {
    Mutation {
        name,
        field,
        rest,
        hidden: json!(id),
        made_up: json!(made_up(id)),
        from,
    }
}
