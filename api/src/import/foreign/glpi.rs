//! GLPI's CSV export of a search for tickets, with its columns in English or in French. It names people without addresses.

use serde_json::{Value, json};

use super::{Drafts, Foreign, row::Row};

impl Foreign {
    pub(super) fn glpi(&mut self, row: &Row, drafts: &mut Drafts) -> Result<(), String> {
        // Thousands are written with a space between.
        let id: String = row
            .require(&["ID"])?
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        if id.is_empty() {
            return Err("ID: has no digits".to_owned());
        }
        let requester = row.text(&[
            "Requester - Requester",
            "Requester",
            "Demandeur - Demandeur",
            "Demandeur",
        ]);
        let (email, name) = match &requester {
            Some(text) if text.contains('@') => (Some(text.clone()), None),
            Some(text) => (Some(self.stand_in(text)), Some(text.clone())),
            None => (None, None),
        };
        let technician = row.text(&[
            "Assigned to - Technician",
            "Technician",
            "Attribué à - Technicien",
            "Technicien",
        ]);
        let assignee = technician.map(|name| (self.stand_in(&name), name));
        if let Some((email, name)) = &assignee {
            self.staff(drafts, email, Some(name));
        }
        let group = row.text(&[
            "Assigned to - Technician group",
            "Technician group",
            "Attribué à - Groupe de techniciens",
            "Groupe de techniciens",
        ]);
        if let Some(name) = &group {
            self.team(drafts, name);
        }
        let (status, waiting) = status_of(&row.require(&["Status", "Statut"])?)?;
        let category = row.text(&["Category", "Catégorie"]);
        let solved_at = row.time(&["Resolution date", "Date de résolution"]);
        let closed_at = row.time(&["Closing date", "Date de clôture"]);
        drafts.push(json!({
            "type": "ticket",
            "externalId": self.external_id(&id),
            "subject": row.text(&["Title", "Titre"]),
            "description": row.text(&["Description", "Contenu", "Content"]),
            "requesterEmail": email,
            "requesterName": name,
            "status": status,
            "waitingReason": waiting,
            "priority": row.text(&["Priority", "Priorité"]).and_then(|word| priority_of(&word)),
            "assigneeEmail": assignee.map(|(email, _)| email),
            "team": group,
            "customFields": category.map_or(Value::Null, |category| json!({ "glpi_category": category })),
            "createdAt": row.time(&["Opening date", "Date d'ouverture"]),
            "updatedAt": row.time(&["Last update", "Dernière modification"]),
            "solvedAt": solved_at.filter(|_| matches!(status, "SOLVED" | "CLOSED")),
            "closedAt": closed_at.filter(|_| status == "CLOSED"),
        }));
        Ok(())
    }
}

fn status_of(word: &str) -> Result<(&'static str, Option<&'static str>), String> {
    Ok(match word {
        "New" | "Nouveau" => ("NEW", None),
        "Processing (assigned)"
        | "Processing (planned)"
        | "En cours (Attribué)"
        | "En cours (Planifié)"
        | "En cours (attribué)"
        | "En cours (planifié)" => ("OPEN", None),
        "Pending" | "En attente" => ("WAITING", Some("REQUESTER")),
        "Solved" | "Résolu" => ("SOLVED", None),
        "Closed" | "Clos" => ("CLOSED", None),
        other => return Err(format!("Status: GLPI has no {other}")),
    })
}

fn priority_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "Very low" | "Low" | "Très basse" | "Basse" => "LOW",
        "Medium" | "Moyenne" => "NORMAL",
        "High" | "Haute" => "HIGH",
        "Very high" | "Major" | "Très haute" | "Majeure" => "URGENT",
        _ => return None,
    })
}
