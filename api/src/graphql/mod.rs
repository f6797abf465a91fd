//! What every slice's GraphQL side shares: who calls, ids, connections, errors, scalars.

pub mod at_once;
pub mod caller;
pub mod connection;
pub mod enums;
pub mod errors;
pub mod ids;
pub mod loader;
pub mod scalars;
pub mod start;

pub use caller::Caller;
pub use connection::{PageInfo, selects_total};
pub use errors::{UserError, scope_names, split_errors};
pub use ids::GlobalId;
pub use start::{Since, Start, Stop, sync_cursor};
