//! Tickets compared with each other by their words: what recurs without an answer, and what was opened twice.
//!
//! All that is compared is what one query through the viewer's rights returned; how rare a word is counts among these
//! alone. So nothing that somebody does not see moves what they are shown (ADR 27).

mod bag;
mod clusters;
pub(super) mod duplicates;
pub(super) mod gaps;
mod vectors;

pub(super) use bag::Bags;

#[cfg(test)]
mod tests;
