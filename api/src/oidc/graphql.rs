//! Sign-in providers as clients see them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::{
    graphql::Caller,
    oidc,
    session::graphql::{SessionPayload, address_of, locale_of},
};

/// Somebody else who says who people are, by OpenID Connect.
#[derive(SimpleObject)]
pub struct SignInProvider {
    /// Its part of addresses.
    key: String,
    /// What people know it by.
    name: String,
    /// Where to send the browser, with `returnTo` and `codeChallenge`.
    start_url: String,
}

#[derive(Default)]
pub struct OidcQuery;

#[Object]
impl OidcQuery {
    /// With whom people can sign in instead of by a password; nobody needs to be signed in to ask.
    async fn sign_in_providers(&self, ctx: &Context<'_>) -> Vec<SignInProvider> {
        let app = Caller::app_of(ctx);
        let base = app.config.public_url.as_str().trim_end_matches('/');
        let shown = app.oidc.all().map(|provider| SignInProvider {
            key: provider.key.clone(),
            name: provider.name.clone(),
            start_url: format!("{base}/auth/oidc/{}/start", provider.key),
        });
        shown.collect()
    }
}

/// What a browser came back with from a provider.
#[derive(InputObject)]
pub struct CompleteSignInInput {
    /// `signInCode` of the address that it came back to.
    code: String,
    /// What `codeChallenge` was made of.
    code_verifier: String,
}

#[derive(Default)]
pub struct OidcMutation;

#[Object]
impl OidcMutation {
    /// Starts the session of somebody who has signed in with a provider. The code is good once, for a minute, and only together
    /// with the verifier that the frontend has kept. After 300 failures in 15 minutes from an address, further ones are
    /// `RATE_LIMITED`.
    async fn complete_sign_in(
        &self,
        ctx: &Context<'_>,
        input: CompleteSignInInput,
    ) -> Result<SessionPayload> {
        let (app, address) = (Caller::app_of(ctx), address_of(ctx));
        let result = oidc::complete(app, &input.code, &input.code_verifier, address).await;
        SessionPayload::of(result, locale_of(ctx))
    }
}
