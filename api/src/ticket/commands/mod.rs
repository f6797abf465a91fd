//! Every change to a ticket: may they? is it right? then rows and events in one `Tx`.

pub mod assign;
pub mod create;
pub mod draft;
pub mod edit;
pub mod follow;
pub mod incidents;
pub mod level;
pub mod link;
pub mod split;
pub mod status;
pub mod terms;
