//! Which tokens and webhook endpoints an actor may list.

use entity::{
    api_token::{self, ApiScope},
    user::{Kind, Role},
    webhook_endpoint,
};
use sea_orm::{ColumnTrait, Condition};

use super::{
    scopes::holds,
    sight::{none, only},
};
use crate::actor::Actor;

/// The tokens that can be listed: one's own, and for admins everybody's.
pub fn visible_api_tokens(actor: &Actor) -> Condition {
    let Actor::User(user) = actor else {
        return Condition::all();
    };
    if !holds(actor, ApiScope::AdministrationRead) {
        none()
    } else if user.role == Role::Admin {
        Condition::all()
    } else {
        only(api_token::Column::UserId.eq(user.id))
    }
}

/// The webhook endpoints that can be listed: for admins all, for other machines their own.
pub fn visible_webhook_endpoints(actor: &Actor) -> Condition {
    let Actor::User(user) = actor else {
        return Condition::all();
    };
    if !holds(actor, ApiScope::WebhooksRead) {
        none()
    } else if user.role == Role::Admin {
        Condition::all()
    } else if user.kind == Kind::Machine {
        only(webhook_endpoint::Column::OwnerId.eq(user.id))
    } else {
        none()
    }
}
