//! Zendesk's JSON export: an object a line, of organizations, users, and tickets with all that was said on them.

use serde_json::{Map, Value, json};

use super::{Drafts, Foreign, row::Row};

impl Foreign {
    pub(super) fn zendesk(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        if row.has("subject") || row.has("requester_id") {
            self.zendesk_ticket(row, drafts)
        } else if row.has("email") || row.has("role") {
            self.zendesk_user(row, drafts)
        } else if row.has("name") {
            let name = row.require(&["name"])?;
            let shares = row.flag("shared_tickets")?;
            drafts.push(json!({ "type": "organization", "name": name, "sharesTickets": shares }));
            Ok(())
        } else {
            Err("the line is no ticket, user or organization of Zendesk".to_owned())
        }
    }

    fn zendesk_user(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        let id = row.require(&["id"])?;
        let email = self.meet(&id, row.text(&["email"]).as_deref());
        let organization = row.within("organization").and_then(|of| of.text(&["name"]));
        if let Some(name) = &organization {
            self.organization(drafts, name);
        }
        // Nobody becomes an admin by a file, and nobody ceases to be one.
        let role = match row.text(&["role"]).as_deref() {
            Some("agent" | "admin") => Some("AGENT"),
            _ => None,
        };
        let locale = row
            .text(&["locale"])
            .filter(|locale| locale.starts_with("fr"));
        let fields = json!({ "type": "user", "email": email, "name": row.text(&["name"]), "role": role,
            "locale": locale.map(|_| "fr"), "organization": organization });
        drafts.add(fields, role.is_some());
        Ok(())
    }

    fn zendesk_ticket(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        let id = row.require(&["id"])?;
        let (requester, requester_name) = self
            .zendesk_person(row, "requester")
            .ok_or("requester: is required")?;
        let assignee = self.zendesk_person(row, "assignee");
        if let Some((email, name)) = &assignee {
            self.staff(drafts, email, name.as_deref());
        }
        let group = row.within("group").and_then(|group| group.text(&["name"]));
        if let Some(name) = &group {
            self.team(drafts, name);
        }
        let status = row.text(&["status"]).unwrap_or_default();
        let (status, waiting) = match status.as_str() {
            "new" => ("NEW", None),
            "open" => ("OPEN", None),
            "pending" => ("WAITING", Some("REQUESTER")),
            "hold" => ("WAITING", Some("THIRD_PARTY")),
            "solved" => ("SOLVED", None),
            "closed" => ("CLOSED", None),
            other => return Err(format!("status: Zendesk has no {other}")),
        };
        let updated_at = row.time(&["updated_at"]);
        let metrics = row.within("metric_set");
        let solved_at = metrics.and_then(|metrics| metrics.time(&["solved_at"]));
        let solved_at = solved_at.filter(|_| matches!(status, "SOLVED" | "CLOSED"));
        let channel = row.within("via").and_then(|via| via.text(&["channel"]));
        drafts.push(json!({
            "type": "ticket",
            "externalId": self.external_id(&id),
            "subject": row.text(&["subject", "raw_subject"]),
            "description": row.text(&["description"]),
            "requesterEmail": requester,
            "requesterName": requester_name,
            "status": status,
            "waitingReason": waiting,
            "priority": row.text(&["priority"]).map(|word| word.to_uppercase()),
            "channel": channel_of(channel.as_deref()),
            "assigneeEmail": assignee.map(|(email, _)| email),
            "team": group,
            "tags": row.texts("tags"),
            "customFields": custom_fields(row),
            "createdAt": row.time(&["created_at"]),
            "updatedAt": updated_at,
            "solvedAt": solved_at,
        }));
        for comment in row.rows("comments") {
            self.zendesk_comment(&id, &comment, drafts)?;
        }
        Ok(())
    }

    /// Written whole, or by number.
    fn zendesk_person(&mut self, row: &Row, name: &str) -> Option<(String, Option<String>)> {
        if let Some(person) = row.within(name) {
            let id = person.text(&["id", "email"])?;
            let email = self.meet(&id, person.text(&["email"]).as_deref());
            return Some((email, person.text(&["name"])));
        }
        let id = row.text(&[&format!("{name}_id")])?;
        Some((self.meet(&id, None), None))
    }

    fn zendesk_comment(
        &mut self,
        ticket: &str,
        row: &Row,
        drafts: &mut Drafts,
    ) -> Result<(), String> {
        let id = row.require(&["id"])?;
        let (author, name) = self
            .zendesk_person(row, "author")
            .ok_or("comments: author_id: is required")?;
        let is_public = row.flag("public")?;
        let is_public = is_public.ok_or("comments: public: is required")?;
        if !is_public {
            self.staff(drafts, &author, name.as_deref());
        }
        drafts.push(json!({
            "type": "comment",
            "externalId": self.external_id(&format!("{ticket}-{id}")),
            "ticketExternalId": self.external_id(ticket),
            "authorEmail": author,
            "authorName": name,
            "visibility": if is_public { "PUBLIC" } else { "INTERNAL" },
            "body": row.text(&["plain_body", "body"]),
            "createdAt": row.time(&["created_at"]),
        }));
        Ok(())
    }
}

fn channel_of(channel: Option<&str>) -> &'static str {
    match channel {
        Some("email") => "EMAIL",
        Some("web" | "help_center") => "PORTAL",
        Some("voice" | "phone") => "PHONE",
        Some("chat" | "native_messaging" | "mobile_sdk" | "web_widget") => "EMBEDDED",
        _ => "API",
    }
}

/// By number, as the export names them; what is empty is left out.
fn custom_fields(row: &Row) -> Value {
    let fields = row.rows("custom_fields").into_iter();
    let fields: Map<_, _> = fields
        .filter_map(|field| {
            let key = format!("zendesk_{}", field.text(&["id"])?);
            let value = field.0.get("value").filter(|value| !value.is_null())?;
            let is_empty = value.as_str().is_some_and(str::is_empty);
            (!is_empty).then(|| (key, value.clone()))
        })
        .collect();
    if fields.is_empty() {
        Value::Null
    } else {
        fields.into()
    }
}
