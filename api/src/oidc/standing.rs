//! Whom a provider has shown, as somebody of this desk, with the role and the teams that their groups stand for.

use entity::{
    ids::TeamId,
    user::{self, Kind},
};

use super::{claims::Claims, code};
use crate::{
    actor::Actor,
    app::{App, Tx, retry},
    config::OidcProvider,
    directory::Snapshot,
    error::{Error, Result},
    people::{self, KnownAs, Standing},
    policy::ROLE_OF_STRANGERS,
    refusal::Refusal,
    text,
};

/// Finds or makes the person, brings them up to what the provider says, and gives a code for their session.
pub(super) async fn enter(
    app: &App,
    provider: &OidcProvider,
    claims: &Claims,
    challenge: &str,
) -> Result<String> {
    let directory = app.directory().await?;
    let standing = standing_of(provider, claims, &directory);
    let profile = claims.profile();
    let work = || async {
        let mut tx = app.begin(&Actor::System).await?;
        let user = find_or_make(&mut tx, provider, claims).await?;
        if user.kind != Kind::Person || user.disabled_at.is_some() {
            return Err(Error::from(Refusal::BadCredentials));
        }
        let user = people::follow_profile(&mut tx, user, &profile).await?;
        let user = people::follow_standing(&mut tx, user, &standing).await?;
        let code = code::make(&tx, user.id, challenge).await?;
        tx.commit().await?;
        Ok(code)
    };
    retry(work).await
}

/// Who is not known by the provider's name for them is a new person, save where the operator trusts the provider with
/// addresses: then they are whoever has the address here, if no other provider or application has said so before.
async fn find_or_make(
    tx: &mut Tx<'_>,
    provider: &OidcProvider,
    claims: &Claims,
) -> Result<user::Model> {
    let known = KnownAs {
        source: format!("oidc:{}", provider.issuer),
        subject: claims.sub.clone(),
    };
    if let Some(user) = people::find_known(tx, &known).await? {
        return Ok(user);
    }
    let email = claims.verified_email();
    if let Some(email) = email.filter(|_| provider.joins_verified_emails)
        && let Some(user) = people::find_by_email(tx, &email).await?
        && !people::is_known_elsewhere(tx, user.id).await?
    {
        people::join(tx, user.id, &known).await?;
        return Ok(user);
    }
    people::create_known(tx, &known, &claims.profile(), ROLE_OF_STRANGERS).await
}

/// The highest role, and all the teams, that any of the groups stands for.
fn standing_of(provider: &OidcProvider, claims: &Claims, directory: &Snapshot) -> Standing {
    let groups = claims.groups(&provider.groups_claim);
    let role = provider.roles.as_ref().map(|roles| {
        let found = groups.iter().filter_map(|group| roles.get(group)).copied();
        found
            .max_by_key(|role| *role as i16)
            .unwrap_or(ROLE_OF_STRANGERS)
    });
    let named = |group: &String, name: &String| {
        let name = text::fold(name);
        let is_it = |id: &TeamId| {
            directory
                .teams
                .get(id)
                .is_some_and(|team| text::fold(&team.name) == name)
        };
        let found = directory.teams.keys().copied().find(is_it);
        if found.is_none() {
            tracing::warn!(
                provider = provider.key,
                group,
                "a group stands for a team that is not there"
            );
        }
        found
    };
    let mut standing = Standing {
        role,
        ..Standing::default()
    };
    for (group, name) in &provider.teams {
        let Some(team) = named(group, name) else {
            continue;
        };
        standing.decided.push(team);
        if groups.contains(group) {
            standing.member_of.push(team);
        }
    }
    standing
}
