//! Rights that end while streams are open.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use live::database::execute;
use tokio::time::sleep;

use crate::{
    desk::{Desk, Scope},
    faults::Fault,
    reader::Reader,
};

/// How long ended rights may show. While Redis is down they may for longer, which it is not then.
const SHOWN_MAX: Duration = Duration::from_secs(2);
/// Before it is known when exactly they ended.
const UNKNOWN: Duration = Duration::from_secs(30);
/// The partner whose team changes.
const MOVED: usize = 0;

pub(crate) async fn end(
    fault: Fault,
    database_url: Option<&str>,
    desk: &Desk,
    readers: &[Arc<Reader>],
    pause: Duration,
) -> Result<()> {
    match fault {
        Fault::SignedOut => {
            sleep(pause).await;
            sign_out(desk, readers).await
        }
        Fault::ScopeChanged => {
            let url = database_url.context("no PostgreSQL")?;
            let from = desk.team_of(MOVED);
            let to = desk.team_of(MOVED + 1);
            for (from, to) in [(from, to), (to, from)] {
                sleep(pause).await;
                change_team(url, desk, readers, from, to).await?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn sign_out(desk: &Desk, readers: &[Arc<Reader>]) -> Result<()> {
    for person in desk.leavers() {
        let own = readers
            .iter()
            .filter(|reader| reader.person.id == person.id);
        let own: Vec<_> = own.collect();
        for reader in &own {
            reader.view().revoked = Some(Instant::now() + UNKNOWN);
        }
        person.sign_out().await?;
        for reader in &own {
            reader.view().revoked = Some(Instant::now() + SHOWN_MAX);
        }
    }
    Ok(())
}

async fn change_team(
    url: &str,
    desk: &Desk,
    readers: &[Arc<Reader>],
    from: &str,
    to: &str,
) -> Result<()> {
    let partner = &desk.partners[MOVED].id;
    let set_scope = |allowed: Duration| {
        for reader in readers.iter().filter(|reader| reader.person.id == *partner) {
            let mut view = reader.view();
            view.scope = Scope::Team(to.to_owned());
            let until = Instant::now() + allowed;
            view.formerly = Some((Scope::Team(from.to_owned()), until));
        }
    };
    set_scope(UNKNOWN);
    let (team, user) = (uuid_of(to)?, uuid_of(partner)?);
    let statement = format!("UPDATE team_members SET team_id = '{team}' WHERE user_id = '{user}'");
    execute(url, statement).await?;
    set_scope(SHOWN_MAX);
    Ok(())
}

/// Global ids are a word for the kind and the UUID in hexadecimal digits.
fn uuid_of(id: &str) -> Result<&str> {
    let (_, digits) = id.split_once('_').context("not a global id")?;
    Ok(digits)
}
