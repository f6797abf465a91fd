//! Rows of other products, made for these tests, and what they say here.

use entity::comment::Visibility;
use serde_json::{Value, json};

use super::*;

fn values(fields: &Value) -> Values {
    Values {
        fields: fields.as_object().unwrap().clone(),
        digest: "0".repeat(32),
    }
}

fn read(foreign: &mut Foreign, fields: &Value) -> Result<Vec<Record>, String> {
    foreign.read(values(fields), &Defaults::default())
}

#[test]
fn a_ticket_of_zendesk_brings_its_staff_and_comments() {
    let mut zendesk = Foreign::new(Source::Zendesk);
    let user = json!({ "id": 7, "email": "ada@a.test", "name": "Ada", "role": "admin", "organization": { "name": "Acme" } });
    let people = read(&mut zendesk, &user).unwrap();
    assert!(matches!(&people[0], Record::Organization(of) if of.name == "Acme"));
    assert!(matches!(&people[1], Record::User(user) if user.is_implied && user.role.is_some()));
    let ticket = json!({ "id": 35, "subject": "Help", "description": "It smokes.", "status": "hold", "priority": "high",
        "via": { "channel": "email" }, "requester": { "id": 8, "name": "Bo", "email": "bo@b.test" }, "assignee_id": 7,
        "group": { "name": "Printers" }, "tags": ["a", "b"], "custom_fields": [{ "id": 1, "value": "x" }, { "id": 2, "value": null }],
        "created_at": "2026-03-02T09:14:00Z", "comments": [
            { "id": 1, "author_id": 8, "body": "It smokes.", "public": true, "created_at": "2026-03-02T09:14:00Z" },
            { "id": 2, "author_id": 9, "body": "Between us.", "public": false, "created_at": "2026-03-02T09:15:00Z" }] });
    let records = read(&mut zendesk, &ticket).unwrap();
    let kinds: Vec<_> = records
        .iter()
        .map(|record| record.kind().to_string())
        .collect();
    assert_eq!(
        kinds,
        ["user", "team", "ticket", "comment", "user", "comment"]
    );
    let Record::Ticket(ticket) = &records[2] else {
        panic!()
    };
    assert_eq!(ticket.external_id, "zendesk-35");
    assert_eq!(ticket.assignee.as_deref(), Some("ada@a.test"));
    let Record::Comment(comment) = &records[3] else {
        panic!()
    };
    assert_eq!(
        (comment.external_id.as_str(), comment.author.email.as_str()),
        ("zendesk-35-1", "bo@b.test")
    );
    let Record::Comment(comment) = &records[5] else {
        panic!()
    };
    assert_eq!(comment.author.email, "9@zendesk.invalid");
    assert!(
        read(
            &mut zendesk,
            &json!({ "id": 1, "subject": "s", "requester_id": 8, "status": "odd" })
        )
        .is_err()
    );
    assert!(read(&mut zendesk, &json!({ "nothing": 1 })).is_err());
}

#[test]
fn zammad_comes_in_objects_and_in_cells() {
    let mut zammad = Foreign::new(Source::Zammad);
    let ticket = json!({ "id": "12", "number": "31001", "title": "VPN", "state": "pending reminder", "pending_time": "2026-05-01 08:00",
        "priority": "3 high", "group": "Users", "owner": "-", "customer": "bo@b.test", "created_at": "2026-03-02T09:14:00Z" });
    let records = read(&mut zammad, &ticket).unwrap();
    let Some(Record::Ticket(ticket)) = records.last() else {
        panic!()
    };
    assert_eq!(
        (ticket.external_id.as_str(), ticket.waiting_until.is_some()),
        ("zammad-12", true)
    );
    let article = json!({ "id": 4, "ticket_id": 12, "internal": true, "created_by": "ada@a.test", "body": "Note." });
    let records = read(&mut zammad, &article).unwrap();
    assert_eq!(records.len(), 2);
    assert!(matches!(&records[1], Record::Comment(comment) if comment.ticket == "zammad-12"));
}

#[test]
fn lists_of_osticket_and_glpi_are_tickets() {
    let mut osticket = Foreign::new(Source::Osticket);
    let row = json!({ "Ticket Number": "100200", "Date Created": "2026-03-02 09:14:00", "Subject": "Mouse", "From": "Bo Li",
        "From Email": "bo@b.test", "Priority": "Emergency", "Department": "Support", "Source": "Phone", "Current Status": "Resolved",
        "Closed Date": "2026-03-03 10:00:00", "Agent Assigned": "Ada L" });
    let records = read(&mut osticket, &row).unwrap();
    let Some(Record::Ticket(ticket)) = records.last() else {
        panic!()
    };
    assert_eq!(ticket.external_id, "osticket-100200");
    assert!(ticket.solved_at.is_some() && ticket.closed_at.is_none());

    let mut glpi = Foreign::new(Source::Glpi);
    let row = json!({ "ID": "1 234", "Titre": "Écran", "Statut": "En cours (Attribué)", "Priorité": "Très haute",
        "Date d'ouverture": "2026-03-02 09:14", "Demandeur - Demandeur": "Inès Roy", "Attribué à - Technicien": "Paul B" });
    let records = read(&mut glpi, &row).unwrap();
    let Some(Record::Ticket(ticket)) = records.last() else {
        panic!()
    };
    assert_eq!(ticket.external_id, "glpi-1234");
    assert_eq!(ticket.requester.email, "in-s-roy-jsnnkxuj@glpi.invalid");
    assert_eq!(
        ticket.assignee.as_deref(),
        Some("paul-b-zybrupbc@glpi.invalid")
    );
    assert!(read(&mut glpi, &json!({ "ID": "x", "Status": "New" })).is_err());
}

/// It decides who reads the note.
#[test]
fn whether_a_note_is_internal_is_read_or_refused() {
    let mut zammad = Foreign::new(Source::Zammad);
    let mut note = |internal: Value| {
        let row = json!({ "id": 4, "ticket_id": 12, "internal": internal, "created_by": "ada@a.test", "body": "Note." });
        let records = read(&mut zammad, &row)?;
        match records.last() {
            Some(Record::Comment(comment)) => Ok::<_, String>(comment.visibility),
            _ => panic!(),
        }
    };
    for yes in [
        json!("True"),
        json!("TRUE"),
        json!("t"),
        json!(1),
        json!(true),
    ] {
        assert_eq!(note(yes.clone()), Ok(Some(Visibility::Internal)), "{yes}");
    }
    for no in [json!("false"), json!("f"), json!(0), json!(false)] {
        assert_eq!(note(no.clone()), Ok(Some(Visibility::Public)), "{no}");
    }
    for odd in [json!("perhaps"), json!(2), json!(""), Value::Null] {
        assert!(note(odd.clone()).is_err(), "{odd}");
    }
}

#[test]
fn a_bad_line_takes_no_team_from_the_next() {
    let mut zammad = Foreign::new(Source::Zammad);
    let row = |title: &str, at: &str| json!({ "id": 1, "title": title, "state": "open", "group": "Users", "customer": "bo@b.test", "created_at": at });
    assert!(read(&mut zammad, &row("VPN", "some day")).is_err());
    let records = read(&mut zammad, &row("VPN", "2026-03-02T09:14:00Z")).unwrap();
    assert!(matches!(&records[0], Record::Team(team) if team.name == "Users"));
}

#[test]
fn names_that_look_alike_are_two_people() {
    let glpi = Foreign::new(Source::Glpi);
    let addresses = ["Élise Martin", "Lise Martin", "lise-martin", "Иван", "Пётр"];
    let addresses = addresses.map(|name| glpi.stand_in(name));
    let different: HashSet<_> = addresses.iter().collect();
    assert_eq!(different.len(), addresses.len(), "{addresses:?}");
    assert!(addresses.iter().all(|address| !address.starts_with('@')));
}
