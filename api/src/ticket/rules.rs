//! Which status may follow which: pure, as the table in the reference says.

use entity::ticket::Status;

use crate::{error::Result, refusal::Refusal};

/// The statuses that a ticket can move to. A merge closes a ticket from any but `CLOSED` and is not
/// among these moves.
pub const fn next(from: Status) -> &'static [Status] {
    match from {
        Status::New => &[Status::Open, Status::Waiting, Status::Solved],
        Status::Open => &[Status::Waiting, Status::Solved],
        Status::Waiting => &[Status::Open, Status::Solved],
        Status::Solved => &[Status::Open, Status::Waiting, Status::Closed],
        Status::Closed => &[],
    }
}

/// The statuses that its own requester can move a ticket to, other than by a comment: "it works
/// now", and "it does not after all".
pub const fn next_for_requester(from: Status) -> &'static [Status] {
    match from {
        Status::New | Status::Open | Status::Waiting => &[Status::Solved],
        Status::Solved => &[Status::Open],
        Status::Closed => &[],
    }
}

/// Refuses a move that is not among `allowed`, and says which are.
pub fn require(from: Status, to: Status, allowed: &[Status]) -> Result<()> {
    if allowed.contains(&to) {
        return Ok(());
    }
    Err(Refusal::IllegalTransition {
        from,
        allowed: allowed.to_vec(),
    }
    .into())
}

/// A closed ticket moves no more, and nothing on it changes.
pub fn require_not_closed(status: Status) -> Result<()> {
    match status {
        Status::New | Status::Open | Status::Waiting | Status::Solved => Ok(()),
        Status::Closed => Err(Refusal::IllegalTransition {
            from: status,
            allowed: next(status).to_vec(),
        }
        .into()),
    }
}

/// Refuses what needs a ticket that was solved, closed since or not.
pub fn require_solved(status: Status) -> Result<()> {
    match status {
        Status::Solved | Status::Closed => Ok(()),
        Status::New | Status::Open | Status::Waiting => Err(Refusal::IllegalTransition {
            from: status,
            allowed: next(status).to_vec(),
        }
        .into()),
    }
}

/// What a requester's comment does to the status: it wakes a waiting ticket and reopens a solved
/// one. On a closed ticket it opens a follow-up instead.
pub const fn after_requester_comment(from: Status) -> Status {
    match from {
        Status::Waiting | Status::Solved => Status::Open,
        Status::New | Status::Open | Status::Closed => from,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    /// Every pair, spelled: a change of the machine is a change of this picture.
    #[test]
    fn the_whole_machine() {
        let rows: Vec<String> = Status::iter()
            .map(|from| {
                let mark = |to| match (
                    next(from).contains(&to),
                    next_for_requester(from).contains(&to),
                ) {
                    (true, true) => " both",
                    (true, false) => " staff",
                    (false, true) => " own",
                    (false, false) => " -",
                };
                let marks: String = Status::iter().map(mark).collect();
                format!("{from:?}:{marks}")
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
        New: - staff staff both -
        Open: - - staff both -
        Waiting: - staff - both -
        Solved: - both staff - staff
        Closed: - - - - -
        ");
    }

    #[test]
    fn a_refused_move_lists_the_legal_ones() {
        let refused = require(Status::Open, Status::Closed, next(Status::Open)).unwrap_err();
        let crate::error::Error::Refused(refusals) = refused else {
            panic!("not a refusal")
        };
        assert_eq!(
            refusals,
            [Refusal::IllegalTransition {
                from: Status::Open,
                allowed: vec![Status::Waiting, Status::Solved]
            }]
        );
    }
}
