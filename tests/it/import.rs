//! Importing files, and what a desk has of them afterwards.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    path::PathBuf,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    article, comment, event, knowledge_link, level_change,
    ticket::{self, Priority, ServicePhase, Status},
    ticket_detail, ticket_tag, user,
};
use guichet::{
    actor::Actor,
    app::App,
    clock::Clock,
    config::Config,
    import::{
        Options, demo, import,
        parse::Defaults,
        reader::{Format, Rows},
        record::Kind,
        report::{Counts, Report},
    },
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

const CSV: Format = Format::Csv { delimiter: b',' };
const NOW: &str = "2026-03-10T12:00:00Z";

/// A desk with an empty database, where it is noon on 10 March 2026.
struct Desk {
    app: Arc<App>,
    folder: PathBuf,
}

impl Desk {
    async fn open() -> Self {
        let folder =
            std::env::temp_dir().join(format!("guichet-import-{}", Clock::wall().new_id()));
        let data_dir = folder.display().to_string();
        let config =
            Config::read(&BTreeMap::from([("GUICHET_DATA_DIR".to_owned(), data_dir)])).unwrap();
        let app = App::open(config, Clock::frozen(time(NOW))).await.unwrap();
        Self { app, folder }
    }

    async fn take(
        &self,
        file: impl Read + Send + 'static,
        format: Format,
        options: &Options,
    ) -> Report {
        let rows = Rows::new(file, format).unwrap();
        let mut report = Report::default();
        import(&self.app, rows, options, &mut report, |_| {})
            .await
            .unwrap();
        report
    }

    async fn take_json(&self, lines: &'static str) -> Report {
        self.take(lines.as_bytes(), Format::JsonLines, &Options::default())
            .await
    }

    async fn ticket(&self, external_id: &str) -> ticket::Model {
        let query = ticket::Entity::find().filter(ticket::Column::ExternalId.eq(external_id));
        query.one(&self.app.store.read).await.unwrap().unwrap()
    }

    async fn events(&self, external_id: &str) -> Vec<String> {
        let ticket = self.ticket(external_id).await;
        let query = event::Entity::find().filter(event::Column::TicketId.eq(ticket.id));
        let events = query
            .order_by_asc(event::Column::Id)
            .all(&self.app.store.read)
            .await
            .unwrap();
        let name = |event: event::Model| event.data["type"].as_str().unwrap().to_owned();
        events.into_iter().map(name).collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn counts(created: u64, updated: u64, unchanged: u64) -> Counts {
    Counts {
        created,
        updated,
        unchanged,
    }
}

fn as_tickets() -> Options {
    let requester = Some("desk@a.test".to_owned());
    let defaults = Defaults {
        kind: Some(Kind::Ticket),
        requester,
    };
    Options {
        defaults,
        ..Options::default()
    }
}

/// The counts, excerpts, tags and versions on every ticket are those of the rows behind them.
async fn assert_tickets_show_what_is_stored(app: &App) {
    let db = &app.store.read;
    let comments = comment::Entity::find()
        .order_by_asc(comment::Column::CreatedAt)
        .order_by_asc(comment::Column::Id)
        .all(db)
        .await
        .unwrap();
    let tags = ticket_tag::Entity::find().all(db).await.unwrap();
    let events = event::Entity::find()
        .order_by_asc(event::Column::Id)
        .all(db)
        .await
        .unwrap();
    for ticket in ticket::Entity::find().all(db).await.unwrap() {
        let name = ticket.external_id.as_deref().unwrap();
        let of = |visibility| {
            let is_of = move |comment: &&comment::Model| {
                comment.ticket_id == ticket.id && comment.visibility == visibility
            };
            comments.iter().filter(is_of).collect::<Vec<_>>()
        };
        for (visibility, count, newest) in [
            (
                comment::Visibility::Public,
                ticket.public_comment_count,
                &ticket.last_public_comment,
            ),
            (
                comment::Visibility::Internal,
                ticket.internal_comment_count,
                &ticket.last_internal_comment,
            ),
        ] {
            let comments = of(visibility);
            assert_eq!(usize::try_from(count).unwrap(), comments.len(), "{name}");
            let shown = newest.as_ref().map(|newest| newest.id);
            assert_eq!(shown, comments.last().map(|comment| comment.id), "{name}");
        }
        let mut rows: Vec<&str> = tags
            .iter()
            .filter(|tag| tag.ticket_id == ticket.id)
            .map(|tag| tag.tag.as_str())
            .collect();
        let mut shown: Vec<&str> = ticket.tags.0.iter().map(String::as_str).collect();
        rows.sort_unstable();
        shown.sort_unstable();
        assert_eq!(rows, shown, "{name}");

        let own: Vec<_> = events
            .iter()
            .filter(|event| event.ticket_id == Some(ticket.id))
            .collect();
        assert_eq!(own[0].data["type"], "TicketCreated", "{name}");
        assert_eq!(
            own.len(),
            usize::try_from(ticket.version).unwrap(),
            "{name}"
        );
        let last = own.last().unwrap();
        assert_eq!(last.data["after"]["version"], ticket.version, "{name}");
        assert_eq!(
            ticket.waiting_reason.is_some(),
            ticket.status == Status::Waiting,
            "{name}"
        );
        assert_eq!(
            ticket.closed_at.is_some(),
            ticket.status == Status::Closed,
            "{name}"
        );
        let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
        assert_eq!(ticket.solved_at.is_some(), is_over, "{name}");
        assert_eq!(ticket.service_phase == ServicePhase::Met, is_over, "{name}");
        assert_eq!(
            ticket.next_due_at == ticket::NEVER,
            ticket.service_phase != ServicePhase::Running,
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_a_whole_desk_and_making_it_again_changes_nothing() {
    let desk = Desk::open().await;
    let db = &desk.app.store.read;
    let password = demo::demo(&desk.app, None).await.unwrap();
    assert!(password.is_some_and(|password| password.len() >= 16));
    assert_tickets_show_what_is_stored(&desk.app).await;

    let mut statuses: BTreeMap<i16, usize> = BTreeMap::new();
    for ticket in ticket::Entity::find().all(db).await.unwrap() {
        *statuses.entry(ticket.status as i16).or_default() += 1;
    }
    assert_eq!(
        statuses,
        BTreeMap::from([(0, 14), (1, 16), (2, 9), (3, 17), (4, 16)])
    );
    let reopened = desk.ticket("D-040").await;
    assert_eq!((reopened.status, reopened.reopen_count), (Status::Open, 1));
    let solved = knowledge_link::Entity::find()
        .filter(knowledge_link::Column::Role.eq(knowledge_link::Role::Solution));
    let solved_counts = article::Entity::find().all(db).await.unwrap();
    let solved_counts: i32 = solved_counts
        .iter()
        .map(|article| article.solved_count)
        .sum();
    assert_eq!(
        u64::try_from(solved_counts).unwrap(),
        solved.count(db).await.unwrap()
    );
    assert_eq!(level_change::Entity::find().count(db).await.unwrap(), 5);

    let events = event::Entity::find().count(db).await.unwrap();
    let tickets = ticket::Entity::find().all(db).await.unwrap();
    assert_eq!(demo::demo(&desk.app, None).await.unwrap(), None);
    assert_eq!(event::Entity::find().count(db).await.unwrap(), events);
    assert_eq!(ticket::Entity::find().all(db).await.unwrap(), tickets);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_password_can_be_chosen_and_changed() {
    let desk = Desk::open().await;
    for password in ["correct horse battery", "another one entirely"] {
        let set = demo::demo(&desk.app, Some(password)).await.unwrap();
        assert_eq!(set.as_deref(), Some(password));
    }
}

const HISTORY: &str = r#"
{"type":"user","email":"paul@a.test","role":"AGENT"}
{"type":"ticket","externalId":"1","subject":"VPN","requesterEmail":"ines@a.test","requesterName":"Inès","status":"SOLVED","assigneeEmail":"paul@a.test","tags":["vpn"],"createdAt":"2026-03-01T08:00:00Z","solvedAt":"2026-03-01T10:00:00Z"}
{"type":"comment","externalId":"c1","ticketExternalId":"1","authorEmail":"paul@a.test","body":"Restart it.","createdAt":"2026-03-01T09:00:00Z"}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_imported_twice_changes_nothing() {
    let desk = Desk::open().await;
    let first = desk.take_json(HISTORY).await;
    assert_eq!(first.counts[&Kind::Ticket], counts(1, 0, 0));
    let (ticket, events) = (desk.ticket("1").await, desk.events("1").await);
    assert_eq!(
        events,
        [
            "TicketCreated",
            "TicketAssigned",
            "CommentAdded",
            "TicketSolved"
        ]
    );
    assert_eq!(ticket.first_replied_at, Some(time("2026-03-01T09:00:00Z")));

    let second = desk.take_json(HISTORY).await;
    assert_eq!(second.counts[&Kind::User], counts(0, 0, 1));
    assert_eq!(second.counts[&Kind::Ticket], counts(0, 0, 1));
    assert_eq!(second.counts[&Kind::Comment], counts(0, 0, 1));
    assert_eq!(
        (desk.ticket("1").await, desk.events("1").await),
        (ticket, events)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_in_the_file_changes_on_the_desk() {
    let desk = Desk::open().await;
    desk.take_json(HISTORY).await;
    let before = desk.ticket("1").await;
    let report = desk
        .take_json(
            r#"
{"type":"ticket","externalId":"1","subject":"VPN again","description":"VPN","requesterEmail":"ines@a.test","status":"OPEN","tags":["network"],"levelRank":2}
{"type":"comment","externalId":"c1","ticketExternalId":"1","authorEmail":"paul@a.test","body":"Restart it twice."}
"#,
        )
        .await;
    assert_eq!(report.bad_lines, []);
    assert_eq!(report.counts[&Kind::Ticket], counts(0, 1, 0));
    assert_eq!(report.counts[&Kind::Comment], counts(0, 1, 0));
    let after = desk.ticket("1").await;
    assert_eq!(
        (after.id, after.number, after.created_at),
        (before.id, before.number, before.created_at)
    );
    assert_eq!(
        (after.subject.as_str(), after.status, after.level_rank),
        ("VPN again", Status::Open, 2)
    );
    assert_eq!(
        (after.assignee_id, after.reopen_count),
        (before.assignee_id, 1)
    );
    assert_eq!(
        after.last_public_comment.unwrap().excerpt,
        "Restart it twice."
    );
    assert_eq!(
        desk.events("1").await[4..],
        [
            "TicketReopened",
            "TicketEdited",
            "TicketLevelChanged",
            "TicketTagged",
            "CommentEdited"
        ]
    );
    assert_eq!(after.version, 9);
    assert_tickets_show_what_is_stored(&desk.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_may_come_in_a_later_file() {
    let desk = Desk::open().await;
    desk.take_json(
        r#"
{"type":"user","email":"paul@a.test","role":"AGENT"}
{"type":"ticket","externalId":"1","subject":"VPN","requesterEmail":"ines@a.test","status":"OPEN","createdAt":"2026-03-10T11:00:00Z"}
"#,
    )
    .await;
    let resolution_due = time("2026-03-10T19:00:00Z");
    assert_eq!(
        desk.ticket("1").await.next_due_at,
        time("2026-03-10T15:00:00Z"),
        "the first reply, of level 1"
    );

    desk.take_json(
        r#"
{"type":"comment","ticketExternalId":"1","authorEmail":"paul@a.test","body":"Looking.","createdAt":"2026-03-10T11:30:00Z"}
{"type":"comment","ticketExternalId":"1","authorEmail":"paul@a.test","body":"Odd.","visibility":"INTERNAL","createdAt":"2026-03-10T11:40:00Z"}
"#,
    )
    .await;
    assert_eq!(
        desk.ticket("1").await.next_due_at,
        resolution_due,
        "the reply is there, the solution is not"
    );
    assert_tickets_show_what_is_stored(&desk.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_and_json_say_the_same() {
    let desk = Desk::open().await;
    let csv = "externalId,subject,requesterEmail,levelRank,tags,customFields.site,createdAt\n\
               1,Hello,ines@a.test,2,a;b,Lyon,2026-03-01\n";
    let report = desk.take(csv.as_bytes(), CSV, &as_tickets()).await;
    assert_eq!(
        (report.bad_line_count, report.counts[&Kind::Ticket]),
        (0, counts(1, 0, 0))
    );
    let report = desk
        .take_json(
            r#"{"type":"ticket","externalId":"1","subject":"Hello","requesterEmail":"ines@a.test","levelRank":2,"tags":["a","b"],"customFields":{"site":"Lyon"},"createdAt":"2026-03-01T00:00:00Z"}"#,
        )
        .await;
    assert_eq!(report.counts[&Kind::Ticket], counts(0, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_file_is_the_file() {
    let desk = Desk::open().await;
    let mut packed = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
    encoder.write_all(HISTORY.as_bytes()).unwrap();
    encoder.finish().unwrap();
    desk.take(
        std::io::Cursor::new(packed),
        Format::JsonLines,
        &Options::default(),
    )
    .await;
    assert_eq!(
        desk.take_json(HISTORY).await.counts[&Kind::Ticket],
        counts(0, 0, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_are_told_and_the_good_ones_load() {
    let desk = Desk::open().await;
    let report = desk
        .take_json(
            r#"{"type":"ticket","externalId":"1","subject":"One","requesterEmail":"ines@a.test"}
{"type":"ticket","subject":
{"type":"ticket","externalId":"2","subject":"Two","requesterEmail":"ines@a.test","assigneeEmail":"ines@a.test"}
{"type":"ticket","externalId":"3","subject":"Three","requesterEmail":"ines@a.test","levelRank":9}
{"type":"ticket","externalId":"4","subject":"Four","requesterEmail":"ines@a.test","team":"Nobody"}
{"type":"ticket","externalId":"5","subject":"Five","requesterEmail":"ines@a.test","knowledge":[{"article":"none","role":"SHARED"}]}
{"type":"comment","ticketExternalId":"2","authorEmail":"ines@a.test","body":"Lost"}
{"type":"comment","ticketExternalId":"1","authorEmail":"ines@a.test","body":"Psst","visibility":"INTERNAL"}
{"type":"user","email":"omar@a.test","organization":"Nowhere"}
{"type":"comment","ticketExternalId":"1","authorEmail":"ines@a.test","body":"Hello"}"#,
        )
        .await;
    let told: Vec<String> = report
        .bad_lines
        .iter()
        .map(|bad| format!("{}: {}", bad.line, bad.reason))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    2: the line is not JSON: EOF while parsing a value at column 27
    3: assigneeEmail: ines@a.test is not an agent
    4: levelRank: there is no level 9
    5: team: there is no team Nobody
    6: knowledge: there is no article none
    7: ticketExternalId: there is no ticket 2
    8: visibility: an internal comment needs an agent as its author
    9: organization: there is no Nowhere
    ");
    assert_eq!(report.counts[&Kind::Ticket], counts(1, 0, 0));
    assert_eq!(report.counts[&Kind::Comment], counts(1, 0, 0));
    assert_tickets_show_what_is_stored(&desk.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_database_refuses_spoils_no_other() {
    let desk = Desk::open().await;
    let actor = Actor::System;
    let tx = desk.app.begin(&actor).await.unwrap();
    tx.execute_unprepared(
        "CREATE UNIQUE INDEX one_only ON tickets (subject) WHERE subject = 'twin'",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let lines: String = (0..40)
        .map(|index| {
            let subject = if index == 7 || index == 29 { "twin" } else { "other" };
            format!("{{\"type\":\"ticket\",\"externalId\":\"{index}\",\"subject\":\"{subject}\",\"requesterEmail\":\"a@a.test\"}}\n")
        })
        .collect();
    let report = desk
        .take(
            std::io::Cursor::new(lines),
            Format::JsonLines,
            &Options::default(),
        )
        .await;
    assert_eq!(report.counts[&Kind::Ticket], counts(39, 0, 0));
    assert_eq!(report.bad_lines.len(), 1);
    assert_eq!(report.bad_lines[0].line, 30);
    assert!(
        report.bad_lines[0]
            .reason
            .starts_with("the database refused it: ")
    );
    assert_tickets_show_what_is_stored(&desk.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_about_one_thing_meet_each_other() {
    let desk = Desk::open().await;
    let report = desk
        .take_json(
            r#"{"type":"ticket","externalId":"1","subject":"Draft","requesterEmail":"ines@a.test"}
{"type":"ticket","externalId":"1","subject":"Final","requesterEmail":"ines@a.test"}
{"type":"ticket","subject":"No id","requesterEmail":"ines@a.test"}
{"type":"ticket","subject":"No id","requesterEmail":"ines@a.test"}"#,
        )
        .await;
    assert_eq!(report.counts[&Kind::Ticket], counts(2, 1, 1));
    assert_eq!(desk.ticket("1").await.subject, "Final");
}

/// The real export that `docs/import.md` has a recipe for.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_export_loads_by_the_recipe() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's setting is no setting of the server"
    )]
    let folder = std::env::var_os("GUICHET_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = folder.join("it-tickets.csv.gz");
    if !path.exists() {
        eprintln!(
            "skipped: {} is not here (GUICHET_TEST_DATA names its folder)",
            path.display()
        );
        return;
    }
    let desk = Desk::open().await;
    let mut options = as_tickets();
    options.mapping.columns = [
        "subject=title",
        "description=body",
        "levelRank=urgency",
        "priority=impact",
        "customFields.category=category",
        "customFields.service=business_service",
    ]
    .map(|text| text.parse().unwrap())
    .to_vec();
    options.mapping.constants = vec!["channel=EMAIL".parse().unwrap()];
    options.mapping.translations = [
        "levelRank:3=1,2=2,1=3,0=3",
        "priority:4=NORMAL,3=HIGH,2=URGENT,1=URGENT,0=URGENT",
    ]
    .map(|text| text.parse().unwrap())
    .to_vec();
    for expected in [counts(5_431, 0, 0), counts(0, 0, 5_431)] {
        let report = desk
            .take(std::fs::File::open(&path).unwrap(), CSV, &options)
            .await;
        assert_eq!(report.bad_lines, []);
        assert_eq!(report.counts[&Kind::Ticket], expected);
        assert_eq!(
            report.ignored_columns,
            ["ticket_type", "sub_category1", "sub_category2"]
        );
    }
    let db = &desk.app.store.read;
    let urgent = ticket::Entity::find().filter(ticket::Column::Priority.eq(Priority::Urgent));
    assert_eq!(urgent.count(db).await.unwrap(), 27);
    let critical = ticket::Entity::find().filter(ticket::Column::LevelRank.eq(3));
    assert_eq!(critical.count(db).await.unwrap(), 314);
    let untitled = ticket_detail::Entity::find().filter(ticket_detail::Column::Description.eq(""));
    assert_eq!(untitled.count(db).await.unwrap(), 0);
    assert_eq!(user::Entity::find().count(db).await.unwrap(), 1);
}
