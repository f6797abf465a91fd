//! Who calls, and on what.

use std::sync::Arc;

use async_graphql::ContextBase;

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
};

/// The app, and the signed-in actor of this request.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub app: &'a Arc<App>,
    pub actor: &'a Actor,
}

impl<'a> Caller<'a> {
    /// Fails with `UNAUTHENTICATED` where nobody is signed in.
    pub fn of<T>(ctx: &ContextBase<'a, T>) -> Result<Self> {
        let actor = Self::actor_of(ctx).ok_or(Error::Unauthenticated)?;
        Ok(Self {
            app: Self::app_of(ctx),
            actor,
        })
    }

    pub fn app_of<T>(ctx: &ContextBase<'a, T>) -> &'a Arc<App> {
        ctx.data_unchecked::<Arc<App>>()
    }

    pub fn actor_of<T>(ctx: &ContextBase<'a, T>) -> Option<&'a Actor> {
        ctx.data_unchecked::<Option<Actor>>().as_ref()
    }
}
