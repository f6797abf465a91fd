//! What admins change of applications, and how their users come in.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::ids::{ApplicationId, ApplicationKeyId};

use super::types::{Application, ApplicationKey};
use crate::{
    app::retry,
    application::{self, Asked, EditApplication, NewApplication},
    graphql::{Caller, GlobalId, UserError, split_errors},
    session::graphql::{SessionPayload, address_of, locale_of},
    ticket::graphql::ApplicationContextInput,
};

/// A new application.
#[derive(InputObject)]
pub struct CreateApplicationInput {
    /// What people call it, at most 255 characters.
    name: String,
    /// What its tokens say in `iss`, at most 255 characters.
    issuer: String,
}

/// What to change of an application; what is absent stays.
#[derive(InputObject)]
pub struct EditApplicationInput {
    /// Which application.
    application_id: ID,
    /// What people call it, at most 255 characters.
    name: Option<String>,
    /// What its tokens say in `iss`, at most 255 characters.
    issuer: Option<String>,
    /// Whether people sign in through it.
    is_active: Option<bool>,
}

/// Which application to delete.
#[derive(InputObject)]
pub struct DeleteApplicationInput {
    /// Which application.
    application_id: ID,
}

/// A key for an application.
#[derive(InputObject)]
pub struct AddApplicationKeyInput {
    /// Which application.
    application_id: ID,
    /// A public key on P-256 (ES256) or of Ed25519 (EdDSA), in PEM or as a JSON Web Key. Where absent a secret for HS256 is
    /// made.
    public_key: Option<String>,
}

/// Which key to take away.
#[derive(InputObject)]
pub struct RevokeApplicationKeyInput {
    /// Which key.
    key_id: ID,
}

/// Who signs in, as an application says.
#[derive(InputObject)]
pub struct SignInWithApplicationInput {
    /// Which application.
    application_id: ID,
    /// A JSON Web Token that its backend has signed.
    token: String,
    /// Where in the application they are. Tickets of the session say so where they say nothing else.
    context: Option<ApplicationContextInput>,
}

/// What came of creating an application.
#[derive(SimpleObject)]
pub struct CreateApplicationPayload {
    /// The new application; null when refused.
    application: Option<Application>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of changing an application.
#[derive(SimpleObject)]
pub struct EditApplicationPayload {
    /// The application as it is now; null when refused.
    application: Option<Application>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of deleting an application.
#[derive(SimpleObject)]
pub struct DeleteApplicationPayload {
    /// The id that it had; null when refused.
    deleted_application_id: Option<ID>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of adding a key.
#[derive(SimpleObject)]
pub struct AddApplicationKeyPayload {
    /// The new key; null when refused.
    key: Option<ApplicationKey>,
    /// The secret to sign with, the bytes of this very text, where no public key was given. It is shown this once.
    secret: Option<String>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of taking a key away.
#[derive(SimpleObject)]
pub struct RevokeApplicationKeyPayload {
    /// The application as it is now; null when refused.
    application: Option<Application>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ApplicationMutation;

#[Object]
impl ApplicationMutation {
    /// Makes an application that embeds the desk. For admins. Nobody signs in through it until it has a key.
    async fn create_application(
        &self,
        ctx: &Context<'_>,
        input: CreateApplicationInput,
    ) -> Result<CreateApplicationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewApplication {
            name: input.name,
            issuer: input.issuer,
        };
        let result = retry(|| application::create(app, actor, &new)).await;
        let (made, user_errors) = split_errors(result, actor.locale())?;
        Ok(CreateApplicationPayload {
            application: made.map(Application),
            user_errors,
        })
    }

    /// Changes an application. For admins. Where it is not active any more, sessions that began through it end within two
    /// seconds.
    async fn edit_application(
        &self,
        ctx: &Context<'_>,
        input: EditApplicationInput,
    ) -> Result<EditApplicationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApplicationId::of(&input.application_id);
        let edit = EditApplication {
            name: input.name,
            issuer: input.issuer,
            is_active: input.is_active,
        };
        let result = retry(|| application::edit(app, actor, id, &edit)).await;
        let (edited, user_errors) = split_errors(result, actor.locale())?;
        Ok(EditApplicationPayload {
            application: edited.map(Application),
            user_errors,
        })
    }

    /// Takes an application away with its keys, and ends the sessions that began through it. Its users stay with their
    /// tickets, and are not known by their external ids any more. For admins.
    async fn delete_application(
        &self,
        ctx: &Context<'_>,
        input: DeleteApplicationInput,
    ) -> Result<DeleteApplicationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApplicationId::of(&input.application_id);
        let result = retry(|| application::delete(app, actor, id)).await;
        let (deleted, user_errors) = split_errors(result, actor.locale())?;
        Ok(DeleteApplicationPayload {
            deleted_application_id: deleted.map(|id| id.global()),
            user_errors,
        })
    }

    /// Adds a key beside those that an application has, so that keys can be changed without an outage: at most 10. For
    /// admins.
    async fn add_application_key(
        &self,
        ctx: &Context<'_>,
        input: AddApplicationKeyInput,
    ) -> Result<AddApplicationKeyPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApplicationId::of(&input.application_id);
        let public_key = input.public_key.as_deref();
        let result = retry(|| application::add_key(app, actor, id, public_key)).await;
        let (made, user_errors) = split_errors(result, actor.locale())?;
        let (key, secret) = made.map(|made| (made.key, made.secret)).unzip();
        Ok(AddApplicationKeyPayload {
            key: key.map(ApplicationKey),
            secret: secret.flatten(),
            user_errors,
        })
    }

    /// Takes a key away: tokens of it are refused at once; sessions that began with one go on. For admins.
    async fn revoke_application_key(
        &self,
        ctx: &Context<'_>,
        input: RevokeApplicationKeyInput,
    ) -> Result<RevokeApplicationKeyPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApplicationKeyId::of(&input.key_id);
        let result = retry(|| application::revoke_key(app, actor, id)).await;
        let (left, user_errors) = split_errors(result, actor.locale())?;
        Ok(RevokeApplicationKeyPayload {
            application: left.map(Application),
            user_errors,
        })
    }

    /// Starts a session for the user whom an application's token names, and makes a requester of them the first time. They
    /// are known by `sub` alone: no account is theirs for having the same address, and no account of the staff is. Whatever is
    /// wrong, the answer is `BAD_CREDENTIALS`. After 300 failures in 15 minutes from an address, further ones are
    /// `RATE_LIMITED`.
    async fn sign_in_with_application(
        &self,
        ctx: &Context<'_>,
        input: SignInWithApplicationInput,
    ) -> Result<SessionPayload> {
        let asked = Asked {
            application: ApplicationId::of(&input.application_id),
            token: input.token,
            context: input.context.map(Into::into),
            address: address_of(ctx),
        };
        let result = application::sign_in(Caller::app_of(ctx), &asked).await;
        SessionPayload::of(result, locale_of(ctx))
    }
}
