//! An operation that has passed the guard, whatever way it came in.

use std::sync::Arc;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Request, Variables};

use super::asked::Asked;
use super::guard::{self, Inspected};
use super::persisted::Registration;
use super::problem::Problem;
use super::service::Service;
use crate::actor::Actor;
use crate::error::Error;
use crate::persisted::Hash;
use crate::policy::{self, Need};

/// How the names of fields begin that tell of the schema.
const INTROSPECTION: &str = "__";

/// What is to be run, and what is known of it.
pub(crate) struct Prepared {
    pub(crate) kind: OperationType,
    /// What it costs, whoever asks.
    pub(crate) cost: u64,
    /// Whether the client wants to know.
    pub(crate) shows_cost: bool,
    document: Arc<ExecutableDocument>,
    /// Of the text of the document.
    pub(crate) hash: Hash,
    /// The same text, where it is to be kept for all servers.
    pub(crate) registration: Option<Registration>,
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
    let found = service.documents.find(&asked)?;
    let is_to_keep = service.documents.is_to_keep(&asked, &found);
    let mut document = Arc::clone(&found.parsed);
    let inspected = guard::inspect(&document, asked.operation_name())?;
    note(&inspected);
    let (kind, name) = (inspected.operation.ty, inspected.name.map(str::to_owned));
    let cost = guard::cost(&document, &inspected, &asked.variables);
    let shows_cost = asked.shows_cost();
    let hash = found.hash;
    let registration = asked.query.filter(|_| is_to_keep).map(|text| Registration {
        document: found,
        text,
    });
    let mut variables = asked.variables;
    guard::complete(inspected.operation, &mut variables)?;
    guard::normalize(&mut document, kind, name.as_deref(), &variables)?;
    Ok(Prepared {
        kind,
        cost,
        shows_cost,
        document,
        hash,
        registration,
        name,
        variables,
    })
}

impl Prepared {
    /// Fails where it asks for what the caller's token of the API is not for. What is below the root fields is
    /// decided where it is read.
    pub(crate) fn check_scopes(&self, actor: Option<&Actor>) -> Result<(), Error> {
        let Some(actor) = actor.filter(|actor| actor.api_token().is_some()) else {
            return Ok(());
        };
        let Some(operation) = self.operation() else {
            return policy::require(actor, Need::SignIn);
        };
        let mut names = Vec::new();
        self.add_roots(&operation.selection_set.node, &mut names);
        let mut names = names.into_iter();
        names.try_for_each(|name| policy::require_for_root(actor, name))
    }

    /// The mutation that it is, where it is one and nothing else.
    pub(crate) fn only_mutation(&self) -> Option<&str> {
        let operation = self
            .operation()
            .filter(|_| self.kind == OperationType::Mutation)?;
        let mut names = Vec::new();
        self.add_roots(&operation.selection_set.node, &mut names);
        match names[..] {
            [name] if !name.starts_with(INTROSPECTION) => Some(name),
            _ => None,
        }
    }

    fn operation(&self) -> Option<&OperationDefinition> {
        let mut operations = self.document.operations.iter();
        let (_, operation) =
            operations.find(|(name, _)| name.map(Name::as_str) == self.name.as_deref())?;
        Some(&operation.node)
    }

    /// The names of the fields at the root, as often as they are written.
    fn add_roots<'a>(&'a self, set: &'a SelectionSet, names: &mut Vec<&'a str>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => names.push(&field.node.name.node),
                Selection::InlineFragment(inline) => {
                    self.add_roots(&inline.node.selection_set.node, names);
                }
                // The guard has refused cycles, and counted what fragments come to.
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.add_roots(&fragment.node.selection_set.node, names);
                    }
                }
            }
        }
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
        match &self.operation()?.selection_set.node.items.first()?.node {
            Selection::Field(field) => Some(&field.node),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
        }
    }
}
