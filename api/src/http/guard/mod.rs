//! The request guard: refuses documents that would cost more to read than they are worth.
//!
//! The order matters. [`scan`] reads the text once and keeps the parser from overflowing its stack;
//! only then is the text parsed. [`inspect`] measures the parsed document with memory, where the
//! library would walk chains of fragments again and again. [`cost`] prices the chosen operation
//! before it runs.

mod cost;
mod document;
mod json;
mod merge;
mod normalize;
mod scan;
mod subscription;

#[cfg(test)]
mod hostile;

pub(crate) use cost::cost;
pub(crate) use document::{Inspected, inspect};
pub(crate) use json::scan_json;
pub(crate) use normalize::{complete, normalize};
pub(crate) use scan::scan;

use async_graphql::Pos;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::parser::{Error as ParserError, parse_query};
use thiserror::Error;

/// Why a request is not run. The message is for the client, and repeats nothing of the document but
/// names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Rejection {
    /// Longer than [`scan::DOCUMENT_BYTES_MAX`].
    #[error("The document is longer than {} bytes.", scan::DOCUMENT_BYTES_MAX)]
    DocumentTooLarge,
    /// Deeper than [`scan::BRACKET_DEPTH_MAX`].
    #[error(
        "The document nests brackets more than {} deep.",
        scan::BRACKET_DEPTH_MAX
    )]
    BracketsTooDeep,
    /// More than [`scan::TOKENS_MAX`].
    #[error("The document has more than {} tokens.", scan::TOKENS_MAX)]
    TooManyTokens,
    /// More than [`scan::DIRECTIVES_MAX`].
    #[error("The document has more than {} directives.", scan::DIRECTIVES_MAX)]
    TooManyDirectives,
    /// Not GraphQL, and where that shows.
    #[error("The document has a syntax error.")]
    Syntax(Vec<Pos>),
    /// Two definitions that cannot stand in one document, and where.
    #[error("{reason}")]
    Contradiction {
        /// What is wrong, for the client.
        reason: &'static str,
        /// Where.
        at: Vec<Pos>,
    },
    /// More than [`document::FRAGMENTS_MAX`].
    #[error("The document has more than {} fragments.", document::FRAGMENTS_MAX)]
    TooManyFragments,
    /// A fragment that spreads itself, directly or through others.
    #[error("A fragment spreads itself.")]
    FragmentCycle,
    /// More than [`document::LEVELS_MAX`] selection sets, fragments among them, inside each other.
    #[error(
        "The document nests selections and fragments more than {} deep.",
        document::LEVELS_MAX
    )]
    TooManyLevels,
    /// More than [`document::SELECTIONS_MAX`] once fragments are expanded.
    #[error(
        "The document selects more than {} fields, fragments expanded.",
        document::SELECTIONS_MAX
    )]
    TooManySelections,
    /// Deeper than the limit, which is named.
    #[error("The operation is more than {0} fields deep.")]
    TooDeep(usize),
    /// More than [`document::INTROSPECTION_LISTS_MAX`] lists of introspection inside each other.
    #[error(
        "The document nests lists of introspection more than {} deep.",
        document::INTROSPECTION_LISTS_MAX
    )]
    TooManyIntrospectionLists,
    /// More than [`document::INTROSPECTIONS_MAX`].
    #[error(
        "The operation asks for the schema more than {} times.",
        document::INTROSPECTIONS_MAX
    )]
    TooManyIntrospections,
    /// More than [`document::ALIASES_MAX`] once fragments are expanded.
    #[error(
        "The document has more than {} aliases, fragments expanded.",
        document::ALIASES_MAX
    )]
    TooManyAliases,
    /// More than the limit, which is named.
    #[error("The operation has more than {0} root fields.")]
    TooManyRootFields(usize),
    /// Several operations and no name to choose one.
    #[error("The document has several operations: operationName must name the one to run.")]
    OperationNameMissing,
    /// No operation has the given name.
    #[error("No operation of the document has the name given in operationName.")]
    OperationUnknown,
    /// A variable that must have a value has none.
    #[error("The variable ${name} must have a value.")]
    VariableMissing {
        /// Its name.
        name: String,
        /// Where it is declared.
        at: Vec<Pos>,
    },
    /// More expensive than the caller may ask for.
    #[error(
        "The operation costs {cost}, and at most {cost_max} is allowed. Ask for smaller pages or fewer connections."
    )]
    TooExpensive {
        /// What [`cost`] found.
        cost: u64,
        /// The caller's limit.
        cost_max: u64,
    },
    /// JSON deeper than [`json::JSON_DEPTH_MAX`].
    #[error("The request nests JSON more than {} deep.", json::JSON_DEPTH_MAX)]
    JsonTooDeep,
    /// JSON with more values than [`json::JSON_VALUES_MAX`].
    #[error("The request has more than {} JSON values.", json::JSON_VALUES_MAX)]
    JsonTooManyValues,
}

impl Rejection {
    /// The stable `extensions.code` of this rejection, documented in `docs/api.md`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "GRAPHQL_PARSE_FAILED",
            Self::Contradiction { .. } | Self::FragmentCycle => "GRAPHQL_VALIDATION_FAILED",
            Self::OperationNameMissing | Self::OperationUnknown => "OPERATION_RESOLUTION_FAILURE",
            Self::VariableMissing { .. } => "BAD_USER_INPUT",
            Self::DocumentTooLarge => "DOCUMENT_TOO_LARGE",
            Self::TooExpensive { .. } => "COST_EXCEEDED",
            Self::BracketsTooDeep
            | Self::TooManyTokens
            | Self::TooManyDirectives
            | Self::TooManyFragments
            | Self::TooManyLevels
            | Self::TooManySelections
            | Self::TooDeep(_)
            | Self::TooManyIntrospectionLists
            | Self::TooManyAliases
            | Self::TooManyRootFields(_)
            | Self::JsonTooDeep
            | Self::TooManyIntrospections
            | Self::JsonTooManyValues => "DOCUMENT_TOO_COMPLEX",
        }
    }

    /// One word for the counter of refusals in `/metrics`.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::DocumentTooLarge => "document_bytes",
            Self::BracketsTooDeep => "bracket_depth",
            Self::TooManyTokens => "tokens",
            Self::TooManyDirectives => "directives",
            Self::Syntax(_) => "syntax",
            Self::Contradiction { .. } => "contradiction",
            Self::TooManyFragments => "fragments",
            Self::FragmentCycle => "fragment_cycle",
            Self::TooManyLevels => "levels",
            Self::TooManySelections => "selections",
            Self::TooDeep(_) => "depth",
            Self::TooManyIntrospectionLists => "introspection",
            Self::TooManyAliases => "aliases",
            Self::TooManyRootFields(_) => "root_fields",
            Self::OperationNameMissing | Self::OperationUnknown => "operation_name",
            Self::VariableMissing { .. } => "variable",
            Self::TooExpensive { .. } => "cost",
            Self::JsonTooDeep => "json_depth",
            Self::TooManyIntrospections => "introspections",
            Self::JsonTooManyValues => "json_values",
        }
    }

    /// Where in the document, as far as that is known.
    pub(crate) fn locations(&self) -> &[Pos] {
        match self {
            Self::Syntax(at)
            | Self::Contradiction { at, .. }
            | Self::VariableMissing { at, .. } => at,
            _ => &[],
        }
    }
}

/// Scans a document and parses it.
pub(crate) fn parse(document: &str) -> Result<ExecutableDocument, Rejection> {
    scan(document)?;
    parse_query(document).map_err(|error| rejection(&error))
}

/// The parser's own messages repeat the source, so only its positions are kept.
fn rejection(error: &ParserError) -> Rejection {
    let at = error.positions().collect();
    let reason = match error {
        ParserError::MultipleOperations { .. } => {
            "An operation without a name must be the only one in its document."
        }
        ParserError::OperationDuplicated { .. } => "Two operations have the same name.",
        ParserError::FragmentDuplicated { .. } => "Two fragments have the same name.",
        ParserError::MissingOperation => "The document has no operation.",
        ParserError::RecursionLimitExceeded => return Rejection::BracketsTooDeep,
        _ => return Rejection::Syntax(at),
    };
    Rejection::Contradiction { reason, at }
}
