//! Files, good and bad, and the same again.

use std::{io::Write, path::PathBuf};

use entity::{
    link_check,
    ticket::{self, Priority, Status},
    ticket_detail, user,
};
use guichet::{
    actor::Actor,
    import::{Options, parse::Defaults, reader::Format, record::Kind, report::Counts},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{Desk, consistency::assert_tickets_show_what_is_stored, time};

const CSV: Format = Format::Csv { delimiter: b',' };

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
    assert_tickets_show_what_is_stored(desk.app()).await;
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
    assert_tickets_show_what_is_stored(desk.app()).await;
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
    assert_tickets_show_what_is_stored(desk.app()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_database_refuses_spoils_no_other() {
    let desk = Desk::open().await;
    let actor = Actor::System;
    let tx = desk.app().begin(&actor).await.unwrap();
    tx.execute_unprepared(
        "CREATE UNIQUE INDEX one_only ON tickets (subject) WHERE subject = 'twin'",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let lines = (0..40).fold(String::new(), |lines, index| {
        let subject = if index == 7 || index == 29 { "twin" } else { "other" };
        format!("{lines}{{\"type\":\"ticket\",\"externalId\":\"{index}\",\"subject\":\"{subject}\",\"requesterEmail\":\"a@a.test\"}}\n")
    });
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
    assert_tickets_show_what_is_stored(desk.app()).await;
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
    let folder = std::env::var_os("TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = folder.join("it-tickets.csv.gz");
    if !path.exists() {
        eprintln!(
            "skipped: {} is not here (TEST_DATA names its folder)",
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
    let db = &desk.app().store.read;
    let urgent = ticket::Entity::find().filter(ticket::Column::Priority.eq(Priority::Urgent));
    assert_eq!(urgent.count(db).await.unwrap(), 27);
    let critical = ticket::Entity::find().filter(ticket::Column::LevelRank.eq(3));
    assert_eq!(critical.count(db).await.unwrap(), 314);
    let untitled = ticket_detail::Entity::find().filter(ticket_detail::Column::Description.eq(""));
    assert_eq!(untitled.count(db).await.unwrap(), 0);
    let requester = user::Entity::find().filter(user::Column::Email.eq("desk@a.test"));
    assert_eq!(requester.count(db).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_becomes_a_text_is_checked_no_more() {
    let desk = Desk::open().await;
    let checks = || link_check::Entity::find().count(&desk.app().store.read);
    desk.take_json(r#"{"type":"article","slug":"vpn","title":"VPN","url":"https://example.org/"}"#)
        .await;
    assert_eq!(checks().await.unwrap(), 1);
    let report = desk
        .take_json(r#"{"type":"article","slug":"vpn","title":"VPN","body":"Install it."}"#)
        .await;
    assert_eq!(report.bad_lines, []);
    assert_eq!(checks().await.unwrap(), 0);
}
