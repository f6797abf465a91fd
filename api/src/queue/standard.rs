//! The queues that staff have from the start: no rows, so nobody can break them, and those of the
//! levels are as many as there are levels.

use entity::user::Locale;
use serde_json::{Value, json};

use crate::{directory::Snapshot, level::graphql::name_of};

/// A queue that is there for everybody who works on tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standard {
    /// What the viewer has and has not solved.
    Mine,
    /// What waits for somebody of the viewer's teams.
    TeamUnassigned,
    /// What waits for anybody.
    Unassigned,
    /// What is near or past a target.
    AtRisk,
    /// What is to be done on a level.
    Level(i16),
    Waiting,
    AllOpen,
}

impl Standard {
    /// All of them, in the order in which they are shown.
    pub fn all(directory: &Snapshot) -> impl Iterator<Item = Self> {
        let levels = directory.levels.keys().map(|rank| Self::Level(*rank));
        [
            Self::Mine,
            Self::TeamUnassigned,
            Self::Unassigned,
            Self::AtRisk,
        ]
        .into_iter()
        .chain(levels)
        .chain([Self::Waiting, Self::AllOpen])
    }

    /// Its key; one spelling each.
    pub fn write(self) -> String {
        match self {
            Self::Mine => "mine".to_owned(),
            Self::TeamUnassigned => "team-unassigned".to_owned(),
            Self::Unassigned => "unassigned".to_owned(),
            Self::AtRisk => "at-risk".to_owned(),
            Self::Level(rank) => format!("level-{rank}"),
            Self::Waiting => "waiting".to_owned(),
            Self::AllOpen => "all-open".to_owned(),
        }
    }

    pub fn read(key: &str) -> Option<Self> {
        let rank = key
            .strip_prefix("level-")
            .and_then(|rank| rank.parse().ok());
        let words = [
            Self::Mine,
            Self::TeamUnassigned,
            Self::Unassigned,
            Self::AtRisk,
            Self::Waiting,
            Self::AllOpen,
        ];
        let mut all = words.into_iter().chain(rank.map(Self::Level));
        all.find(|queue| queue.write() == key)
    }

    /// What it is called; none where its level does not exist.
    pub fn name(self, directory: &Snapshot, locale: Locale) -> Option<String> {
        let (english, french) = match self {
            Self::Mine => ("Mine", "Les miens"),
            Self::TeamUnassigned => ("Unassigned in my teams", "Non attribués dans mes équipes"),
            Self::Unassigned => ("Unassigned", "Non attribués"),
            Self::AtRisk => ("At risk", "À risque"),
            Self::Waiting => ("Waiting", "En attente"),
            Self::AllOpen => ("All open", "Tous les ouverts"),
            Self::Level(rank) => {
                let name = name_of(directory.levels.get(&rank)?, locale);
                return Some(match locale {
                    Locale::En => format!("Level {rank}: {name}"),
                    Locale::Fr => format!("Niveau {rank} : {name}"),
                });
            }
        };
        let name = match locale {
            Locale::En => english,
            Locale::Fr => french,
        };
        Some(name.to_owned())
    }

    /// Its filter, as clients write one.
    pub fn filter(self) -> Value {
        let unresolved = json!({ "in": ["NEW", "OPEN", "WAITING"] });
        let to_do = json!({ "in": ["NEW", "OPEN"] });
        match self {
            Self::Mine => json!({ "assignee": { "isMine": true }, "status": unresolved }),
            Self::TeamUnassigned => json!({
                "team": { "isMine": true },
                "assignee": { "isNull": true },
                "status": to_do,
            }),
            Self::Unassigned => json!({ "assignee": { "isNull": true }, "status": to_do }),
            Self::AtRisk => json!({
                "serviceLevel": { "in": ["AT_RISK", "BREACHED"] },
                "status": unresolved,
            }),
            Self::Level(rank) => json!({ "level": { "eq": rank }, "status": to_do }),
            Self::Waiting => json!({ "status": { "eq": "WAITING" } }),
            Self::AllOpen => json!({ "status": to_do }),
        }
    }

    /// Its order, as clients write one: what is due first, or what waits the longest.
    pub fn order_by(self) -> Value {
        match self {
            Self::Waiting => json!({ "field": "UPDATED", "direction": "ASC" }),
            Self::Mine
            | Self::TeamUnassigned
            | Self::Unassigned
            | Self::AtRisk
            | Self::Level(_)
            | Self::AllOpen => json!({ "field": "NEXT_DUE", "direction": "ASC" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_they_are_written() {
        let some = [
            Standard::Mine,
            Standard::TeamUnassigned,
            Standard::Unassigned,
            Standard::AtRisk,
            Standard::Level(1),
            Standard::Level(i16::MAX),
            Standard::Waiting,
            Standard::AllOpen,
        ];
        for queue in some {
            assert_eq!(Standard::read(&queue.write()), Some(queue));
        }
        for nothing in ["", "Mine", "level-", "level-01", "level-+1", "level-99999"] {
            assert_eq!(Standard::read(nothing), None, "{nothing}");
        }
    }
}
