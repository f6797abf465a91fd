//! Tickets: opening them, changing them, moving them, and who may.

mod change;
mod create;
mod links;
mod moves;
mod permissions;
mod rows;
