//! Every change to levels.

use entity::{
    escalation::Escalation,
    ids::TeamId,
    level::{self, Model},
    ticket::Priority,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect, sea_query::LockType};

use crate::{
    actor::Actor,
    app::{App, is_taken},
    directory::Snapshot,
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::{Checked, Named, Patch},
    policy::{self, Action},
    refusal::{Refusal, Why},
    sla,
    text::NAME_CHARS_MAX,
    ticket,
};

const LEVELS_MAX: usize = 20;

/// What to say about a level; what is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub name_en: Option<String>,
    pub name_fr: Option<String>,
    pub description_en: Option<String>,
    pub description_fr: Option<String>,
    pub default_priority: Option<Priority>,
    pub default_team: Named<TeamId>,
    pub first_reply_s: Patch<i64>,
    pub next_reply_s: Patch<i64>,
    pub resolution_s: Patch<i64>,
}

/// Makes a level of a rank that none has.
pub async fn create(app: &App, actor: &Actor, rank: i32, new: &Edit) -> Result<Model> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let directory = app.directory().await?;
    let field = "rank";
    let rank = i16::try_from(rank).ok().filter(|rank| *rank >= 1);
    let rank = rank.ok_or(Refusal::Invalid {
        field,
        why: Why::Rank,
    })?;
    if directory.levels.len() >= LEVELS_MAX {
        let why = Why::TooMany { max: LEVELS_MAX };
        return Err(Refusal::Invalid { field, why }.into());
    }
    let empty = Model {
        rank,
        name_en: String::new(),
        name_fr: String::new(),
        description_en: String::new(),
        description_fr: String::new(),
        default_priority: Priority::Normal,
        default_team_id: None,
        first_reply_s: None,
        next_reply_s: None,
        resolution_s: None,
        escalation: Escalation::default(),
    };
    let level = checked(&directory, &empty, new)?;
    let mut tx = app.begin(actor).await?;
    sla::change_terms(&mut tx).await?;
    let row = level.clone().into_active_model().reset_all();
    let inserted = level::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await;
    inserted.map_err(|error| {
        if is_taken(&error) {
            Refusal::Taken { field }.into()
        } else {
            Error::from(error)
        }
    })?;
    tx.record(Event::LevelCreated { rank });
    tx.commit().await?;
    Ok(level)
}

/// Changes what is given of a level. Open tickets of it get the new targets, and keep what they have earned.
pub async fn edit(app: &App, actor: &Actor, rank: i32, edit: &Edit) -> Result<Model> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let directory = app.directory().await?;
    let mut tx = app.begin(actor).await?;
    sla::change_terms(&mut tx).await?;
    let before = match i16::try_from(rank) {
        // The whole row is written, and what the level does is set beside this.
        Ok(rank) => {
            let level = level::Entity::find_by_id(rank).lock(LockType::Update);
            level.one(&*tx).await?
        }
        Err(_) => None,
    };
    let before = before.ok_or(Refusal::Invalid {
        field: "rank",
        why: Why::Level,
    })?;
    let after = checked(&directory, &before, edit)?;
    if after == before {
        return Ok(after);
    }
    let row = after.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.record(Event::LevelEdited { rank: after.rank });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(after)
}

/// The level with what is said about it, or all that is wrong with that.
fn checked(directory: &Snapshot, before: &Model, edit: &Edit) -> Result<Model> {
    let mut checked = Checked::default();
    let mut after = before.clone();
    for (field, said, text) in [
        ("nameEn", &edit.name_en, &mut after.name_en),
        ("nameFr", &edit.name_fr, &mut after.name_fr),
        (
            "descriptionEn",
            &edit.description_en,
            &mut after.description_en,
        ),
        (
            "descriptionFr",
            &edit.description_fr,
            &mut after.description_fr,
        ),
    ] {
        if let Some(said) = said {
            *text = checked.line(field, said, NAME_CHARS_MAX);
        }
    }
    after.default_priority = edit.default_priority.unwrap_or(before.default_priority);
    after.default_team_id = match edit.default_team {
        Named::Absent => before.default_team_id,
        Named::Null => None,
        Named::Id(id) if directory.teams.contains_key(&id) => Some(id),
        Named::Id(_) | Named::Unknown => {
            checked.refuse(Refusal::NotFound {
                field: "defaultTeamId",
            });
            None
        }
    };
    let mut target = |field, said| sla::checked_target(&mut checked, field, said);
    after.first_reply_s = target("firstReply", edit.first_reply_s).over(before.first_reply_s);
    after.next_reply_s = target("nextReply", edit.next_reply_s).over(before.next_reply_s);
    after.resolution_s = target("resolution", edit.resolution_s).over(before.resolution_s);
    refuse_if_any(checked.refusals)?;
    Ok(after)
}
