//! Taking records out: all that somebody sees of one kind, in batches, in the words that `guichet import` reads.
//!
//! Records come in the order of their ids, each with its own: whoever was cut off goes on after the last that they have.

mod batch;
mod comments;
mod events;
mod history;
mod line;
mod named;
mod tickets;

pub use batch::{Batch, Place, Wanted, begin, next};
pub use line::{Line, csv_columns, csv_head};

/// What can be taken out. One file has one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Organizations,
    Teams,
    People,
    Articles,
    Tickets,
    Comments,
    Events,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Organizations,
        Self::Teams,
        Self::People,
        Self::Articles,
        Self::Tickets,
        Self::Comments,
        Self::Events,
    ];

    /// Its word in addresses and file names.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Teams => "teams",
            Self::People => "people",
            Self::Articles => "articles",
            Self::Tickets => "tickets",
            Self::Comments => "comments",
            Self::Events => "events",
        }
    }

    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
