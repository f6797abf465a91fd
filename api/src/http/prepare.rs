//! An operation that has passed the guard, whatever way it came in.

use std::sync::Arc;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Request, Variables};
use entity::event::ActorKind;

use super::asked::Asked;
use super::guard::{self, Inspected, Rejection};
use super::problem::Problem;
use super::service::Service;
use crate::actor::Actor;
use crate::error::Error;
use crate::policy::{self, Need};

/// What an operation may cost, by who asks.
const COST_MAX_ANONYMOUS: u64 = 200;
const COST_MAX_REQUESTER: u64 = 1_000;
const COST_MAX_STAFF: u64 = 5_000;

/// What is to be run, and what is known of it.
pub(crate) struct Prepared {
    pub(crate) kind: OperationType,
    cost: u64,
    document: Arc<ExecutableDocument>,
    pub(crate) name: Option<String>,
    pub(crate) variables: Variables,
}

/// Takes what a client asks through the guard. What is learned on the way is noted before it can
/// fail.
pub(crate) fn prepare(
    service: &Service,
    asked: Asked,
    note: impl FnOnce(&Inspected<'_>),
) -> Result<Prepared, Problem> {
    let mut document = service.documents.parse(&asked.query)?;
    let inspected = guard::inspect(&document, asked.operation_name())?;
    note(&inspected);
    let (kind, name) = (inspected.operation.ty, inspected.name.map(str::to_owned));
    let cost = guard::cost(&document, &inspected, &asked.variables);
    let mut variables = asked.variables;
    guard::complete(inspected.operation, &mut variables)?;
    guard::normalize(&mut document, kind, name.as_deref(), &variables)?;
    Ok(Prepared {
        kind,
        cost,
        document,
        name,
        variables,
    })
}

impl Prepared {
    /// Fails where it costs more than this caller may ask for.
    pub(crate) fn check_cost(&self, actor: Option<&Actor>) -> Result<(), Rejection> {
        let (cost, cost_max) = (self.cost, cost_max(actor));
        if cost > cost_max {
            return Err(Rejection::TooExpensive { cost, cost_max });
        }
        Ok(())
    }

    /// Fails where it asks for what the caller's token of the API is not for. What is below the root fields is
    /// decided where it is read.
    pub(crate) fn check_scopes(&self, actor: Option<&Actor>) -> Result<(), Error> {
        let Some(actor) = actor.filter(|actor| actor.api_token().is_some()) else {
            return Ok(());
        };
        let mut operations = self.document.operations.iter();
        let operation = operations.find(|(name, _)| name.map(Name::as_str) == self.name.as_deref());
        let Some((_, operation)) = operation else {
            return policy::require(actor, Need::SignIn);
        };
        self.check_roots(actor, &operation.node.selection_set.node)
    }

    fn check_roots(&self, actor: &Actor, set: &SelectionSet) -> Result<(), Error> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    policy::require_for_root(actor, &field.node.name.node)?;
                }
                Selection::InlineFragment(inline) => {
                    self.check_roots(actor, &inline.node.selection_set.node)?;
                }
                // The guard has refused cycles, and counted what fragments come to.
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.check_roots(actor, &fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The only execution of it.
    pub(crate) fn into_request(self) -> Request {
        let mut request = Request::new("").variables(self.variables);
        request.operation_name = self.name;
        request.set_parsed_query(Arc::unwrap_or_clone(self.document));
        request
    }

    /// One of many executions of it.
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new("").variables(self.variables.clone());
        request.operation_name.clone_from(&self.name);
        request.set_parsed_query(ExecutableDocument::clone(&self.document));
        request
    }

    pub(crate) fn document(&self) -> &ExecutableDocument {
        &self.document
    }

    /// The root field of a subscription, which has one: the guard put it first.
    pub(crate) fn root_field(&self) -> Option<&Field> {
        let mut operations = self.document.operations.iter();
        let (_, operation) =
            operations.find(|(name, _)| name.map(Name::as_str) == self.name.as_deref())?;
        match &operation.node.selection_set.node.items.first()?.node {
            Selection::Field(field) => Some(&field.node),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
        }
    }
}

/// Machines ask for much at once on behalf of many.
fn cost_max(actor: Option<&Actor>) -> u64 {
    match actor {
        None => COST_MAX_ANONYMOUS,
        Some(actor) if policy::is_at_desk(actor) || actor.kind() == ActorKind::Machine => {
            COST_MAX_STAFF
        }
        Some(_) => COST_MAX_REQUESTER,
    }
}
