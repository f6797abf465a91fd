//! Files of other help desks, and imports that only say what they would do.

use std::sync::{Arc, Mutex};

use entity::ticket::{self, Status};
use guichet::import::{
    Options,
    foreign::{Foreign, Source},
    import,
    reader::{Format, Rows},
    record::Kind,
    report::{Counts, Report},
};
use sea_orm::{EntityTrait, PaginatorTrait};

use super::Desk;

const ZENDESK: &str = r#"
{"id":1,"name":"Acme","shared_tickets":true,"domain_names":[]}
{"id":7,"email":"ada@a.test","name":"Ada","role":"admin","organization":{"name":"Acme"}}
{"id":8,"email":"bo@b.test","name":"Bo","role":"end-user","locale":"fr-FR"}
{"id":35,"subject":"It smokes","description":"A lot.","status":"solved","priority":"urgent","via":{"channel":"web"},"requester_id":8,"assignee_id":7,"group":{"name":"Printers"},"tags":["smoke"],"custom_fields":[{"id":11,"value":"3rd floor"}],"created_at":"2026-03-02T09:14:00Z","updated_at":"2026-03-03T09:14:00Z","metric_set":{"solved_at":"2026-03-03T09:00:00Z"},"comments":[{"id":1,"author_id":8,"body":"A lot.","public":true,"created_at":"2026-03-02T09:14:00Z"},{"id":2,"author_id":7,"body":"Between us.","public":false,"created_at":"2026-03-02T10:00:00Z"},{"id":3,"author_id":99,"body":"Who am I?","public":false,"created_at":"2026-03-02T11:00:00Z"}]}
{"id":36,"subject":"Odd","status":"frozen","requester_id":8}
"#;

fn from(source: Source) -> Options {
    Options {
        foreign: Some(Arc::new(Mutex::new(Foreign::new(source)))),
        ..Options::default()
    }
}

fn created(report: &Report, kind: Kind) -> Counts {
    report.counts.get(&kind).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn zendesk_comes_once_however_often_it_is_read() {
    let desk = Desk::open().await;
    let options = from(Source::Zendesk);
    let first = desk
        .take(ZENDESK.as_bytes(), Format::JsonLines, &options)
        .await;
    let bad: Vec<_> = first
        .bad_lines
        .iter()
        .map(|bad| bad.reason.as_str())
        .collect();
    assert_eq!(bad, ["status: Zendesk has no frozen"]);
    assert_eq!(created(&first, Kind::Ticket).created, 1);
    assert_eq!(created(&first, Kind::Comment).created, 3);
    let ticket = desk.ticket("zendesk-35").await;
    assert_eq!(
        (ticket.status, ticket.internal_comment_count),
        (Status::Solved, 2)
    );
    assert!(ticket.assignee_id.is_some() && ticket.team_id.is_some());
    let events = desk.events("zendesk-35").await;

    let options = from(Source::Zendesk);
    let again = desk
        .take(ZENDESK.as_bytes(), Format::JsonLines, &options)
        .await;
    for counts in again.counts.values() {
        assert_eq!(
            (counts.created, counts.updated),
            (0, 0),
            "{:?}",
            again.counts
        );
    }
    assert_eq!(desk.events("zendesk-35").await, events);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_the_run_does_and_does_nothing() {
    let desk = Desk::open().await;
    let app = desk.app();
    let options = from(Source::Zendesk);
    let mut dry = Report::default();
    let rows = Rows::new(ZENDESK.as_bytes(), Format::JsonLines).unwrap();
    app.rehearse(Box::pin(import(app, rows, &options, &mut dry, |_| {})))
        .await
        .unwrap();
    assert_eq!(
        ticket::Entity::find().count(&app.store.read).await.unwrap(),
        0
    );
    let options = from(Source::Zendesk);
    let real = desk
        .take(ZENDESK.as_bytes(), Format::JsonLines, &options)
        .await;
    assert_eq!(dry.counts, real.counts);
    assert_eq!(dry.bad_lines, real.bad_lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_in_cells_come_as_tickets() {
    let desk = Desk::open().await;
    let glpi = "\u{feff}\"ID\";\"Titre\";\"Statut\";\"Dernière modification\";\"Date d'ouverture\";\"Priorité\";\"Demandeur - Demandeur\";\"Attribué à - Technicien\";\"Catégorie\"\r\n\
        \"1 234\";\"Écran noir\";\"En attente\";\"2026-03-03 10:00\";\"2026-03-02 09:14\";\"Haute\";\"Inès Roy\";\"Paul B\";\"Matériel\"\r\n";
    let options = from(Source::Glpi);
    let report = desk
        .take(glpi.as_bytes(), Format::Csv { delimiter: b';' }, &options)
        .await;
    assert_eq!(report.bad_lines, []);
    assert_eq!(desk.ticket("glpi-1234").await.status, Status::Waiting);

    let osticket = "Ticket Number,Date Created,Subject,From,From Email,Priority,Department,Source,Current Status,Last Updated,Closed Date,Agent Assigned\r\n\
        100200,2026-03-02 09:14:00,Mouse,Bo Li,bo@b.test,Emergency,Support,Phone,Closed,2026-03-03 10:00:00,2026-03-03 10:00:00,Ada L\r\n";
    let options = from(Source::Osticket);
    let report = desk
        .take(
            osticket.as_bytes(),
            Format::Csv { delimiter: b',' },
            &options,
        )
        .await;
    assert_eq!(report.bad_lines, []);
    assert_eq!(desk.ticket("osticket-100200").await.status, Status::Closed);

    let zammad = "id,number,title,state,priority,group,owner,customer,created_at,updated_at\r\n12,31001,VPN,open,3 high,Support,ada@a.test,bo@b.test,2026-03-02T09:14:00Z,2026-03-02T09:14:00Z\r\n";
    let options = from(Source::Zammad);
    let report = desk
        .take(zammad.as_bytes(), Format::Csv { delimiter: b',' }, &options)
        .await;
    assert_eq!(report.bad_lines, []);
    assert!(desk.ticket("zammad-12").await.assignee_id.is_some());
}
