//! So many people that their sockets together are all that are wanted, signed in.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use live::{
    api::Servers,
    database::execute,
    person::Person,
    server::{Settings, run},
};
use serde_json::json;

use crate::Cli;

/// A user may not have more.
pub(crate) const SOCKETS_EACH: usize = 10;
/// Sign-ins of an address are limited.
const PEOPLE_OF_AN_ADDRESS: usize = 80;
const AT_ONCE: usize = 4;
const PASSWORD: &str = "only for this benchmark 7";
const FIRST: &str = "agent0@bench.guichet.test";
const CREATE_TICKET: &str = "mutation($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id version } userErrors { code message } } }";

/// Adds the first by the command line, and the others as copies of it.
pub(crate) async fn add(cli: &Cli, settings: &Settings, count: usize) -> Result<()> {
    let arguments = [
        "user", "add", "--email", FIRST, "--name", "Agent", "--role", "agent",
    ];
    run(&cli.server, settings, &arguments, &format!("{PASSWORD}\n"))?;
    let statement = format!(
        "INSERT INTO users SELECT (jsonb_populate_record(first, jsonb_build_object(
           'id', gen_random_uuid(), 'email', 'agent' || number || '@bench.guichet.test'))).*
         FROM users first, generate_series(1, {count}) number WHERE first.email = '{FIRST}'"
    );
    execute(&settings.database_url, statement).await
}

pub(crate) async fn sign_in(servers: &Servers, count: usize) -> Result<Vec<Arc<Person>>> {
    let people = stream::iter(0..count).map(async |number| {
        let email = format!("agent{number}@bench.guichet.test");
        let address = u8::try_from(number / PEOPLE_OF_AN_ADDRESS + 1)?;
        let source = Ipv4Addr::new(127, 0, 2, address).into();
        let person = Person::new(servers, "", &email, PASSWORD, source, 0)?;
        person.token().await.with_context(|| email.clone())?;
        Ok::<_, anyhow::Error>(Arc::new(person))
    });
    people.buffered(AT_ONCE).try_collect().await
}

/// The ticket that all changes are of.
pub(crate) async fn create_ticket(person: &Person) -> Result<String> {
    let input = json!({ "input": {
        "subject": "The invoice is wrong", "description": "It says 12.", "requesterEmail": "marie@bench.guichet.test",
    } });
    let answer = person.ask(CREATE_TICKET, &input).await?;
    let id = answer
        .pointer("/createTicket/ticket/id")
        .and_then(|id| id.as_str());
    Ok(id
        .with_context(|| format!("no ticket: {answer}"))?
        .to_owned())
}
