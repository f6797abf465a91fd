//! Zammad's objects as its API gives them with `expand=true`, an object a line, or as CSV with these names in the header.

use serde_json::json;

use super::{Drafts, Foreign, row::Row};

impl Foreign {
    pub(super) fn zammad(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        if row.has("ticket_id") {
            self.zammad_article(row, drafts)
        } else if row.has("title") {
            self.zammad_ticket(row, drafts)
        } else if row.has("login") || row.has("email") {
            self.zammad_user(row, drafts)
        } else if row.has("name") {
            let shares = row.flag("shared")?;
            let name = row.require(&["name"])?;
            drafts.push(json!({ "type": "organization", "name": name, "sharesTickets": shares }));
            Ok(())
        } else {
            Err("the row is no ticket, article, user or organization of Zammad".to_owned())
        }
    }

    fn zammad_user(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        let login = row.require(&["login", "email"])?;
        let email = self.meet(&login, row.text(&["email"]).as_deref());
        let parts = [row.text(&["firstname"]), row.text(&["lastname"])];
        let name: Vec<_> = parts.into_iter().flatten().collect();
        let organization = row.text(&["organization"]);
        if let Some(name) = &organization {
            self.organization(drafts, name);
        }
        // Nobody becomes an admin by a file, and nobody ceases to be one.
        let roles = row.texts("roles");
        let is_staff = roles.iter().any(|role| role == "Agent" || role == "Admin");
        let name = (!name.is_empty()).then(|| name.join(" "));
        let role = is_staff.then_some("AGENT");
        let fields = json!({ "type": "user", "email": email, "name": name, "role": role, "organization": organization });
        drafts.add(fields, is_staff);
        Ok(())
    }

    fn zammad_ticket(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        let id = row.require(&["id"])?;
        let customer = row.require(&["customer"])?;
        let requester = self.meet(&customer, Some(&customer));
        let owner = row.text(&["owner"]).filter(|owner| owner != "-");
        let assignee = owner.map(|owner| self.meet(&owner, Some(&owner)));
        if let Some(email) = &assignee {
            self.staff(drafts, email, None);
        }
        let group = row.text(&["group"]);
        if let Some(name) = &group {
            self.team(drafts, name);
        }
        let until = row.time(&["pending_time"]);
        let state = row.require(&["state"])?;
        let (status, waiting) = match (state.as_str(), &until) {
            ("new", _) => ("NEW", None),
            ("open", _) => ("OPEN", None),
            ("pending reminder", Some(_)) => ("WAITING", Some("SCHEDULED")),
            ("pending reminder" | "pending close", _) => ("WAITING", Some("REQUESTER")),
            ("closed" | "merged", _) => ("CLOSED", None),
            (other, _) => return Err(format!("state: Zammad has no {other}")),
        };
        let priority = match row.text(&["priority"]).as_deref() {
            Some("1 low") => Some("LOW"),
            Some("2 normal") => Some("NORMAL"),
            Some("3 high") => Some("HIGH"),
            _ => None,
        };
        let closed_at = row.time(&["close_at"]).filter(|_| status == "CLOSED");
        drafts.push(json!({
            "type": "ticket",
            "externalId": self.external_id(&id),
            "subject": row.text(&["title"]),
            "description": row.text(&["body", "note"]),
            "requesterEmail": requester,
            "status": status,
            "waitingReason": waiting,
            "waitingUntil": until.filter(|_| waiting == Some("SCHEDULED")),
            "priority": priority,
            "assigneeEmail": assignee,
            "team": group,
            "tags": row.texts("tags"),
            "customFields": { "zammad_number": row.text(&["number"]).unwrap_or(id) },
            "createdAt": row.time(&["created_at"]),
            "updatedAt": row.time(&["updated_at"]),
            "closedAt": closed_at,
        }));
        Ok(())
    }

    fn zammad_article(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        let (id, ticket) = (row.require(&["id"])?, row.require(&["ticket_id"])?);
        let login = row.require(&["created_by", "from"])?;
        let author = self.meet(&login, Some(&login));
        let is_internal = row.flag("internal")?.ok_or("internal: is required")?;
        if is_internal {
            self.staff(drafts, &author, None);
        }
        drafts.push(json!({
            "type": "comment",
            "externalId": self.external_id(&format!("{ticket}-{id}")),
            "ticketExternalId": self.external_id(&ticket),
            "authorEmail": author,
            "visibility": if is_internal { "INTERNAL" } else { "PUBLIC" },
            "body": row.text(&["body"]),
            "createdAt": row.time(&["created_at"]),
        }));
        Ok(())
    }
}
