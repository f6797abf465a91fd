//! A desk to look around in: people, articles and tickets in French and English, and sample sign-ins.

use aws_lc_rs::rand::{self, SystemRandom};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::user;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    commands::{Existing, Options, import},
    reader::{Format, Rows},
    report::Report,
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    session::{self, passwords},
};

/// Who can sign in: a requester, an agent, a lead and an admin, then an agent of an external team
/// and a requester of another organization.
pub const SIGN_INS: [&str; 6] = [
    "requester@demo.guichet.test",
    "agent@demo.guichet.test",
    "lead@demo.guichet.test",
    "admin@demo.guichet.test",
    "external@demo.guichet.test",
    "client@demo.guichet.test",
];

const FILES: [&str; 3] = [
    include_str!("../../demo/people.jsonl"),
    include_str!("../../demo/articles.jsonl"),
    include_str!("../../demo/tickets.jsonl"),
];
const PASSWORD_BYTES: usize = 12;

/// Writes what is not here yet of the demo, and leaves the rest as people have made it. The sign-ins
/// get `password`, or a random one where they have none; that ends their sessions. Gives the password
/// if it was set now.
pub async fn demo(app: &App, password: Option<&str>) -> Result<Option<String>> {
    let options = Options {
        existing: Existing::Keep,
        ..Options::default()
    };
    for file in FILES {
        let rows = Rows::new(file.as_bytes(), Format::JsonLines).map_err(anyhow::Error::from)?;
        let mut report = Report::default();
        import(app, rows, &options, &mut report, |_| {}).await?;
        if let Some(bad) = report.bad_lines.first() {
            return Err(anyhow::anyhow!("the demo's line {}: {}", bad.line, bad.reason).into());
        }
    }
    set_passwords(app, password).await
}

async fn set_passwords(app: &App, password: Option<&str>) -> Result<Option<String>> {
    let sign_ins = user::Column::Email.is_in(SIGN_INS);
    let mut without = user::Entity::find().filter(sign_ins.clone());
    if password.is_none() {
        without = without.filter(user::Column::PasswordHash.is_null());
    }
    let users = without.all(&app.store.read).await?;
    if users.is_empty() {
        return Ok(None);
    }
    let password = password.map_or_else(random, |password| Ok(password.to_owned()))?;
    let hash = passwords::hash(app, &password).await?;
    let actor = Actor::System;
    let tx = app.begin(&actor).await?;
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::val(hash))
        .filter(user::Column::Id.is_in(users.iter().map(|user| user.id)))
        .exec(&*tx)
        .await?;
    session::end_all(&tx, users.iter().map(|user| user.id)).await?;
    tx.commit().await?;
    app.sessions.forget_actors();
    for user in &users {
        app.people.forget_user(user.id);
    }
    Ok(Some(password))
}

fn random() -> Result<String> {
    let mut bytes = [0; PASSWORD_BYTES];
    rand::SecureRandom::fill(&SystemRandom::new(), &mut bytes)
        .map_err(|_| Error::from(anyhow::anyhow!("the system gives no random numbers")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
