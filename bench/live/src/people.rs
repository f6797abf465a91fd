//! An admin who makes teams and people through the API.

use std::{net::Ipv4Addr, path::Path, sync::Arc};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    api::{Servers, text_at},
    person::Person,
    server::{Settings, run},
};

const PASSWORD: &str = "only for this check 7";
const EMAIL: &str = "admin@check.guichet.test";
/// Sign-ins of an address are limited.
const PEOPLE_MAX: usize = 250;

/// Adds the first person of a desk by the command line. On SQLite no server may run meanwhile.
pub fn add_admin(program: &Path, settings: &Settings) -> Result<()> {
    let arguments = [
        "user", "add", "--email", EMAIL, "--name", "Admin", "--role", "admin",
    ];
    run(program, settings, &arguments, &format!("{PASSWORD}\n"))
}

pub struct Admin {
    pub person: Person,
    servers: Servers,
    people: usize,
}

impl Admin {
    /// The one that [`add_admin`] added.
    pub fn of(servers: &Servers) -> Result<Self> {
        let source = Ipv4Addr::LOCALHOST.into();
        Ok(Self {
            person: Person::new(servers, "", EMAIL, PASSWORD, source, 0)?,
            servers: servers.clone(),
            people: 0,
        })
    }

    /// Makes something that is not refused; what is selected of it.
    pub async fn make(&self, mutation: &str, selection: &str, input: Value) -> Result<Value> {
        let upper = mutation[..1].to_uppercase() + &mutation[1..];
        let document = format!(
            "mutation($input: {upper}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code message }} }} }}"
        );
        let variables = json!({ "input": input });
        let mut answer = self.person.ask(&document, &variables).await?;
        let payload = answer[mutation].take();
        let is_refused = payload["userErrors"] != json!([]);
        ensure!(!is_refused, "{mutation} is refused: {payload}");
        Ok(payload)
    }

    pub async fn add_team(&self, name: &str, kind: &str) -> Result<String> {
        let input = json!({ "name": name, "kind": kind });
        let made = self.make("createTeam", "team { id }", input).await?;
        text_at(&made, "/team/id")
    }

    /// Somebody with an address of their own, signed in.
    pub async fn add_person(&mut self, role: &str, teams: Value) -> Result<Arc<Person>> {
        ensure!(self.people < PEOPLE_MAX, "too many people");
        self.people += 1;
        let number = self.people;
        let email = format!("person{number}@check.guichet.test");
        let input = json!({
            "name": format!("Person {number}"), "email": email, "role": role, "teamIds": teams,
            "password": PASSWORD,
        });
        let made = self.make("createUser", "user { id }", input).await?;
        let id = text_at(&made, "/user/id")?;
        let source = Ipv4Addr::new(127, 0, 1, u8::try_from(number)?);
        let person = Person::new(&self.servers, &id, &email, PASSWORD, source.into(), number)?;
        person.token().await?;
        Ok(Arc::new(person))
    }
}
