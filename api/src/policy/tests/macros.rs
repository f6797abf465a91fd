//! Rights on macros.

use entity::ids::{TeamId, UserId};

use super::rows::{queue, ticket_macro};
use crate::{
    actor::Actor,
    policy::{Action, may},
};

/// What is said of queues holds for macros.
pub(super) fn same_rights(actors: &[(&str, Actor)], team: Option<TeamId>, owner: Option<UserId>) {
    let (queue, kept) = (queue(team, owner), ticket_macro(team, owner));
    for (name, actor) in actors {
        for (of_queues, of_macros) in [
            (Action::CreateQueue { team }, Action::CreateMacro { team }),
            (Action::EditQueue(&queue), Action::EditMacro(&kept)),
            (Action::DeleteQueue(&queue), Action::DeleteMacro(&kept)),
        ] {
            let rights = [of_queues, of_macros].map(|action| may(actor, action));
            assert_eq!(rights[0], rights[1], "{name} {of_macros:?}");
        }
    }
}
