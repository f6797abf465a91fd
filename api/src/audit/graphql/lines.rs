//! Entries as lines of a file, in the words of the API.

use async_graphql::{
    Value,
    resolver_utils::{EnumType, enum_value},
};
use chrono::SecondsFormat;
use entity::{audit_entry::Model, event::ActorKind};
use serde_json::json;

use super::{AuditAction, AuditOutcome, AuditSubjectKind, subject_id};
use crate::graphql::GlobalId;

/// The columns of [`csv_line`], which are the keys of [`json_line`].
pub const CSV_HEAD: &str =
    "at,actorKind,actorId,tokenId,action,outcome,count,subjectKind,subjectId,memberId,address\r\n";

/// An entry as a line of JSON, with its end.
pub fn json_line(row: &Model) -> String {
    let [
        at,
        actor_kind,
        actor_id,
        token_id,
        action,
        outcome,
        subject_kind,
        subject_id,
        member_id,
        address,
    ] = cells(row);
    let line = json!({
        "at": at,
        "actorKind": actor_kind,
        "actorId": actor_id,
        "tokenId": token_id,
        "action": action,
        "outcome": outcome,
        "count": row.count,
        "subjectKind": subject_kind,
        "subjectId": subject_id,
        "memberId": member_id,
        "address": address,
    });
    format!("{line}\n")
}

/// An entry as a line of CSV (RFC 4180), with its end. Its cells are times, ids, words of the API and network
/// addresses: none needs quotes, and none begins as a formula does.
pub fn csv_line(row: &Model) -> String {
    let [
        at,
        actor_kind,
        actor_id,
        token_id,
        action,
        outcome,
        subject_kind,
        subject_id,
        member_id,
        address,
    ] = cells(row).map(Option::unwrap_or_default);
    let count = row.count;
    format!(
        "{at},{actor_kind},{actor_id},{token_id},{action},{outcome},{count},{subject_kind},{subject_id},{member_id},{address}\r\n"
    )
}

/// All but the count, in the order of [`CSV_HEAD`].
fn cells(row: &Model) -> [Option<String>; 10] {
    let actor_kind = match row.actor_kind {
        ActorKind::Person => "PERSON",
        ActorKind::Machine => "MACHINE",
        ActorKind::System => "SYSTEM",
    };
    [
        Some(row.at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        Some(actor_kind.to_owned()),
        row.actor_id.map(|id| id.global().0),
        row.token_id.map(|id| id.global().0),
        Some(word(AuditAction::from(row.action))),
        Some(word(AuditOutcome::from(row.outcome))),
        row.subject_kind
            .map(|kind| word(AuditSubjectKind::from(kind))),
        subject_id(row).map(|id| id.0),
        row.member_id.map(|id| id.global().0),
        row.address.clone(),
    ]
}

/// An enum's value as clients spell it.
fn word<T: EnumType>(value: T) -> String {
    match enum_value(value) {
        Value::Enum(name) => name.to_string(),
        other => other.to_string(),
    }
}
