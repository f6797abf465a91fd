//! What is written, and which part of it is for the search index.

use anyhow::{Context, Result};
use live::{
    meter::{Kind, Meter},
    person::Person,
    random::Random,
    scratch::Scratch,
};
use serde_json::{Value, json};

use crate::{
    Cli,
    desk::email,
    pool::Pool,
    reading::Line,
    statement::{Things, words_ms},
};

const CREATE: &str = "mutation($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } userErrors { code } } }";
const COMMENT: &str = "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } userErrors { code } } }";
const SOLVE: &str = "mutation($input: SolveTicketInput!) { solveTicket(input: $input) { ticket { id } userErrors { code } } }";
const TICKETS: Things = Things {
    words: "ticket_words",
    texts: "ticket_details",
    column: "description",
};
const COMMENTS: Things = Things {
    words: "comment_words",
    texts: "comments",
    column: "body",
};
const OPEN: &str =
    "query { tickets(filter: { status: { in: [NEW] } }, first: 100) { nodes { id } } }";
const ARTICLES: &str = "query { articles(first: 100) { nodes { id } } }";

/// Tickets, comments and solutions, one after the other.
pub(crate) async fn measure(
    cli: &Cli,
    meter: &Meter<'_>,
    scratch: &Scratch,
    agent: &Person,
    pool: &Pool,
) -> Result<Vec<Line>> {
    let mut random = Random::new(11);
    let tickets = ids(agent, OPEN, "/tickets/nodes").await?;
    let articles = ids(agent, ARTICLES, "/articles/nodes").await?;
    let created = (0..cli.writes).map(|number| {
        let topic = random.below(pool.topics());
        let asked = pool.ticket(topic, &mut random);
        json!({ "input": {
            "subject": asked.subject, "description": asked.description, "requesterEmail": email(number),
        } })
    });
    let created: Vec<Value> = created.collect();
    let commented = (0..cli.writes).map(|number| {
        let ticket = &tickets[number % tickets.len()];
        json!({ "input": { "ticketId": ticket, "body": pool.comment(&mut random) } })
    });
    let commented: Vec<Value> = commented.collect();
    let solved = tickets.iter().zip(articles.iter().cycle());
    let solved = solved
        .map(|(ticket, article)| json!({ "input": { "ticketId": ticket, "articleId": article } }));
    let solved: Vec<Value> = solved.collect();

    let mut lines = Vec::new();
    for (name, document, variables, things) in [
        ("createTicket", CREATE, created, Some(TICKETS)),
        ("addComment", COMMENT, commented, Some(COMMENTS)),
        ("solveTicket with an article", SOLVE, solved, None),
    ] {
        let asking = meter.ask(agent, (Kind::Mutation, document), &variables, 1);
        let mut measured = asking.await?;
        if let Some(things) = things {
            measured.indexing_ms += words_ms(scratch, &things).await?;
        }
        lines.push(Line {
            name: name.to_owned(),
            measured,
        });
    }
    Ok(lines)
}

async fn ids(agent: &Person, document: &str, list: &str) -> Result<Vec<String>> {
    let answer = agent.ask(document, &json!({})).await?;
    let nodes = answer.pointer(list).and_then(Value::as_array);
    let nodes = nodes.with_context(|| format!("no {list}: {answer}"))?;
    let id = |node: &Value| Some(node["id"].as_str()?.to_owned());
    Ok(nodes.iter().filter_map(id).collect())
}
