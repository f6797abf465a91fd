//! Which streams are the same work: everything that decides what a stream says, in one key.

use std::convert::Infallible;

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, Value};
use aws_lc_rs::digest::{Context, SHA256};

use crate::actor::Actor;
use crate::app::App;
use crate::error::{Error, Result};
use crate::graphql::GlobalId;
use crate::http::prepare::Prepared;
use crate::live::Key;
use crate::policy::{self, Scope};
use crate::queue;

/// Fields that say something else to everybody.
const PERSONAL_FIELDS: [&str; 5] = [
    "attachments",
    "isFollowing",
    "ratingLink",
    "viewerCan",
    "viewerFeedback",
];
/// Streams that do so altogether.
const PERSONAL_STREAMS: [&str; 2] = ["bulkJobChanges", "notifications"];
/// Streams of what is not in the log.
const PLACELESS_STREAMS: [&str; 2] = ["bulkJobChanges", "presence"];
/// The part of a filter that means the viewer.
const PERSONAL_FILTER: &str = "isMine";
/// Where a stream begins: not part of what it says.
const AFTER: &str = "after";

/// What decides with whom a stream is shared, taken from what was asked.
pub(crate) struct Asked<'a> {
    prepared: &'a Prepared,
    field: &'a Field,
}

impl<'a> Asked<'a> {
    /// Of a subscription that passed the guard.
    pub(crate) fn of(prepared: &'a Prepared) -> Option<Self> {
        let field = prepared.root_field()?;
        Some(Self { prepared, field })
    }

    /// Where the client wants to go on: the value of `after`, if it is one.
    pub(crate) fn after(&self) -> Option<String> {
        match self.argument(AFTER)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The key of this stream for `actor`. Fails where it is of a queue that they may not see: who
    /// joins others is not looked at by the execution that is there.
    pub(crate) async fn key(&self, app: &App, actor: &Actor) -> Result<Key> {
        // A queue that was edited is another.
        let filter = self.queue_filter(app, actor).await?.unwrap_or_default();
        let is_personal = filter.contains(PERSONAL_FILTER)
            || PERSONAL_STREAMS.contains(&self.field.name.node.as_str())
            || selects_any(self.prepared.document(), &PERSONAL_FIELDS)
            || self.names(PERSONAL_FILTER);
        let scope = policy::scope(actor);
        let mut context = Context::new(&SHA256);
        let mut part = |bytes: &[u8]| {
            context.update(&bytes.len().to_be_bytes());
            context.update(bytes);
        };
        part(&self.prepared.hash);
        part(self.prepared.name.as_deref().unwrap_or_default().as_bytes());
        part(&self.variables());
        part(filter.as_bytes());
        let scopes = actor.api_token().map(|token| token.scopes);
        // Some fields are for one role alone.
        let role = match actor {
            Actor::User(user) => Some(user.role),
            Actor::System => None,
        };
        part(format!("{scope:?} {role:?} {scopes:?} {:?}", actor.locale()).as_bytes());
        if is_personal || scope != Scope::Desk {
            part(format!("{:?}", actor.id()).as_bytes());
        }
        // What begins with the present cannot be joined later.
        if !self.has_places() {
            part(app.clock.new_id().as_bytes());
        }
        let mut key = [0; 32];
        key.copy_from_slice(context.finish().as_ref());
        Ok(Key(key))
    }

    /// The filter of the queue, if it is one's queue.
    async fn queue_filter(&self, app: &App, actor: &Actor) -> Result<Option<String>> {
        let Some(Value::String(id)) = self.argument("queueId") else {
            return Ok(None);
        };
        let missing = || Error::NotFound("queue");
        let key = queue::Key::of(&id.into()).ok_or_else(missing)?;
        let queue = queue::find(app, actor, key).await?;
        Ok(Some(queue.ok_or_else(missing)?.filter().to_string()))
    }

    fn argument(&self, name: &str) -> Option<Value> {
        let value = &self.field.get_argument(name)?.node;
        let variables = &self.prepared.variables;
        let value = value
            .clone()
            .into_const_with(|name| variables.get(&name).cloned().ok_or(()));
        value.ok()
    }

    fn names(&self, word: &str) -> bool {
        let arguments = &self.field.arguments;
        arguments
            .iter()
            .any(|(_, value)| value.node.to_string().contains(word))
            || self.prepared.variables.to_string().contains(word)
    }

    /// The variables as JSON, without the one that says where to begin, unless it says more.
    fn variables(&self) -> Vec<u8> {
        let mut variables = self.prepared.variables.clone();
        // The guard wrote the field a second time, where it stands first.
        if let Some(name) = self.name_of_after()
            && uses(self.prepared.document(), &name) == 2
        {
            variables.remove(&name);
        }
        serde_json::to_vec(&variables).unwrap_or_default()
    }

    /// Whether this stream has places in the log at all.
    pub(crate) fn has_places(&self) -> bool {
        !PLACELESS_STREAMS.contains(&self.field.name.node.as_str())
    }

    fn name_of_after(&self) -> Option<Name> {
        let value = self.field.get_argument(AFTER)?.node.to_string();
        value.strip_prefix('$').map(Name::new)
    }
}

/// Whether a document selects one of these fields anywhere.
fn selects_any(document: &ExecutableDocument, names: &[&str]) -> bool {
    let mut is_found = false;
    each_selection(document, &mut |selection| {
        if let Selection::Field(field) = selection {
            is_found |= names.contains(&field.node.name.node.as_str());
        }
    });
    is_found
}

/// How often a document uses a variable in arguments and conditions.
fn uses(document: &ExecutableDocument, name: &Name) -> usize {
    let mut count = 0;
    each_selection(document, &mut |selection| {
        let directives = selection.directives().iter();
        let conditions = directives.flat_map(|directive| &directive.node.arguments);
        let arguments = match selection {
            Selection::Field(field) => field.node.arguments.as_slice(),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => &[],
        };
        for (_, value) in conditions.chain(arguments) {
            let value = value.node.clone().into_const_with(|used| {
                count += usize::from(used == *name);
                Ok::<_, Infallible>(Value::Null)
            });
            drop(value);
        }
    });
    count
}

fn each_selection<'a>(document: &'a ExecutableDocument, visit: &mut impl FnMut(&'a Selection)) {
    let operations = document.operations.iter();
    let operations = operations.map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values();
    let fragments = fragments.map(|fragment| &fragment.node.selection_set.node);
    for set in operations.chain(fragments) {
        each_of_set(set, visit);
    }
}

fn each_of_set<'a>(set: &'a SelectionSet, visit: &mut impl FnMut(&'a Selection)) {
    for selection in &set.items {
        visit(&selection.node);
        match &selection.node {
            Selection::Field(field) => each_of_set(&field.node.selection_set.node, visit),
            Selection::InlineFragment(inline) => {
                each_of_set(&inline.node.selection_set.node, visit);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_viewers_own_is_shared_with_nobody() {
        let sdl = crate::schema::sdl();
        let fields = sdl
            .lines()
            .filter_map(|line| line.trim().split([':', '(']).next());
        let names = fields.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let theirs = names.filter(|name| name.starts_with("viewer") && *name != "viewer");
        let missing: Vec<_> = theirs
            .filter(|name| !PERSONAL_FIELDS.contains(name))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
