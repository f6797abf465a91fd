//! The way in: HTTP, its guard, and nothing of the domain.

mod guard;
