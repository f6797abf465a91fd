//! osTicket's CSV export of a list of tickets. It has no texts but the subject, and names its staff without addresses.

use serde_json::{Map, Value, json};

use super::{Drafts, Foreign, row::Row};

/// What has no field of its own here.
const KEPT: [(&str, &str); 5] = [
    ("Help Topic", "helpTopic"),
    ("Agent Assigned", "agent"),
    ("Team Assigned", "team"),
    ("SLA Due Date", "slaDueDate"),
    ("Reopen Count", "reopenCount"),
];

impl Foreign {
    pub(super) fn osticket(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        let number = row.require(&["Ticket Number", "Number"])?;
        let name = row.text(&["From", "User Name"]);
        let email = row.text(&["From Email", "Email", "User Email"]);
        let email = email.or_else(|| name.as_deref().map(|name| self.stand_in(name)));
        let department = row.text(&["Department"]);
        if let Some(name) = &department {
            self.team(drafts, name);
        }
        let closed_at = row.time(&["Closed Date"]);
        let is_answered = row.flag("Answered")?.unwrap_or_default();
        let status = match row.text(&["Current Status", "Status"]).as_deref() {
            None | Some("Open") if is_answered => "OPEN",
            None | Some("Open") => "NEW",
            Some("Resolved") => "SOLVED",
            Some("Closed" | "Archived" | "Deleted") => "CLOSED",
            Some(other) => return Err(format!("Current Status: osTicket has no {other}")),
        };
        let priority = match row.text(&["Priority"]).as_deref() {
            Some("Low") => Some("LOW"),
            Some("Normal") => Some("NORMAL"),
            Some("High") => Some("HIGH"),
            Some("Emergency") => Some("URGENT"),
            _ => None,
        };
        let channel = match row.text(&["Source"]).as_deref() {
            Some("Email") => "EMAIL",
            Some("Phone") => "PHONE",
            Some("Web") => "PORTAL",
            _ => "API",
        };
        let kept = KEPT.iter().filter_map(|(column, key)| {
            Some((format!("osticket_{key}"), Value::from(row.text(&[column])?)))
        });
        let kept: Map<_, _> = kept.collect();
        drafts.push(json!({
            "type": "ticket",
            "externalId": self.external_id(&number),
            "subject": row.text(&["Subject"]),
            "requesterEmail": email,
            "requesterName": name,
            "status": status,
            "priority": priority,
            "channel": channel,
            "team": department,
            "customFields": if kept.is_empty() { Value::Null } else { kept.into() },
            "createdAt": row.time(&["Date Created", "Create Date"]),
            "updatedAt": row.time(&["Last Updated"]),
            "solvedAt": closed_at.clone().filter(|_| status == "SOLVED"),
            "closedAt": closed_at.filter(|_| status == "CLOSED"),
        }));
        Ok(())
    }
}
