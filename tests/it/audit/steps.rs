//! What there is to administer, each thing once.

use harness::{PASSWORD, TestServer, global};
use serde_json::{Value, json};

pub(super) const OTHER: &str = "another long password";

/// The mutation, what of its payload has the id, its input, and what the log says.
pub(super) type Step = (&'static str, &'static str, Value, &'static str);

/// What is done, in this order. `$name` stands for the id that the mutation of that name gave.
pub(super) fn steps(server: &TestServer) -> Vec<Step> {
    let (agent, team) = (server.agent().id(), global(server.team()));
    let always = json!([{ "weekday": "MONDAY", "from": "09:00", "to": "17:00" }]);
    let holiday = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270714\r\nSUMMARY:Day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let texts = json!({ "nameEn": "Four", "nameFr": "Quatre", "descriptionEn": "d", "descriptionFr": "d", "rank": 4 });
    vec![
        (
            "signIn",
            "session { user { id } }",
            json!({ "email": "leo@desk.test", "password": PASSWORD }),
            "SIGN_IN",
        ),
        (
            "createUser",
            "user { id }",
            json!({ "name": "New", "email": "new@desk.test" }),
            "USER_CREATED",
        ),
        (
            "editUser",
            "user { id }",
            json!({ "userId": "$createUser", "name": "Newer" }),
            "USER_EDITED",
        ),
        (
            "setPassword",
            "user { id }",
            json!({ "userId": "$createUser", "password": OTHER }),
            "PASSWORD_CHANGED",
        ),
        (
            "disableUser",
            "user { id }",
            json!({ "userId": "$createUser" }),
            "USER_DISABLED",
        ),
        (
            "enableUser",
            "user { id }",
            json!({ "userId": "$createUser" }),
            "USER_ENABLED",
        ),
        (
            "editProfile",
            "user { id }",
            json!({ "name": "Ada A." }),
            "USER_EDITED",
        ),
        (
            "createOrganization",
            "organization { id }",
            json!({ "name": "New" }),
            "ORGANIZATION_CREATED",
        ),
        (
            "editOrganization",
            "organization { id }",
            json!({ "organizationId": "$createOrganization", "name": "Newer" }),
            "ORGANIZATION_EDITED",
        ),
        (
            "upsertUser",
            "user { id }",
            json!({ "externalId": "p-1", "name": "Known", "email": "known@desk.test" }),
            "USER_CREATED",
        ),
        (
            "upsertOrganization",
            "organization { id }",
            json!({ "externalId": "o-1", "name": "Known" }),
            "ORGANIZATION_CREATED",
        ),
        (
            "createTeam",
            "team { id }",
            json!({ "name": "New" }),
            "TEAM_CREATED",
        ),
        (
            "editTeam",
            "team { id }",
            json!({ "teamId": "$createTeam", "name": "Newer" }),
            "TEAM_EDITED",
        ),
        (
            "addTeamMember",
            "team { id }",
            json!({ "teamId": "$createTeam", "userId": agent }),
            "TEAM_MEMBER_ADDED",
        ),
        (
            "removeTeamMember",
            "team { id }",
            json!({ "teamId": "$createTeam", "userId": agent }),
            "TEAM_MEMBER_REMOVED",
        ),
        (
            "setTeamAssignment",
            "team { id }",
            json!({ "teamId": team, "assignment": "ROUND_ROBIN" }),
            "TEAM_ASSIGNMENT_SET",
        ),
        (
            "setAvailability",
            "user { id }",
            json!({ "userId": agent, "availability": "AWAY" }),
            "AVAILABILITY_SET",
        ),
        (
            "setCapacity",
            "user { id }",
            json!({ "userId": agent, "capacity": 3 }),
            "CAPACITY_SET",
        ),
        (
            "createQueue",
            "queue { id }",
            json!({ "name": "New", "filter": {}, "teamId": team }),
            "QUEUE_CREATED",
        ),
        (
            "editQueue",
            "queue { id }",
            json!({ "queueId": "$createQueue", "name": "Newer" }),
            "QUEUE_EDITED",
        ),
        (
            "deleteQueue",
            "__typename",
            json!({ "queueId": "$createQueue" }),
            "QUEUE_DELETED",
        ),
        (
            "createMacro",
            "macro { id }",
            json!({ "name": "New", "steps": [{ "reopen": {} }], "teamId": team }),
            "MACRO_CREATED",
        ),
        (
            "editMacro",
            "macro { id }",
            json!({ "macroId": "$createMacro", "name": "Newer" }),
            "MACRO_EDITED",
        ),
        (
            "deleteMacro",
            "__typename",
            json!({ "macroId": "$createMacro" }),
            "MACRO_DELETED",
        ),
        (
            "createCustomField",
            "customField { id }",
            json!({ "key": "floor", "labelEn": "Floor", "labelFr": "Étage", "type": "TEXT" }),
            "CUSTOM_FIELD_CREATED",
        ),
        (
            "editCustomField",
            "customField { id }",
            json!({ "key": "floor", "labelEn": "Storey" }),
            "CUSTOM_FIELD_EDITED",
        ),
        ("createLevel", "level { id }", texts, "LEVEL_CREATED"),
        (
            "editLevel",
            "level { id }",
            json!({ "rank": 4, "nameEn": "Quad" }),
            "LEVEL_EDITED",
        ),
        (
            "setLevelEscalation",
            "level { id }",
            json!({ "levelRank": 1, "onBreached": { "raiseToRank": 2 } }),
            "LEVEL_ESCALATION_SET",
        ),
        (
            "createCalendar",
            "calendar { id }",
            json!({ "name": "New", "timeZone": "Europe/Paris", "intervals": always }),
            "CALENDAR_CREATED",
        ),
        (
            "editCalendar",
            "calendar { id }",
            json!({ "calendarId": "$createCalendar", "name": "Newer" }),
            "CALENDAR_EDITED",
        ),
        (
            "importHolidays",
            "calendar { id }",
            json!({ "calendarId": "$createCalendar", "icalendar": holiday }),
            "CALENDAR_EDITED",
        ),
        (
            "createServiceLevelPolicy",
            "policy { id }",
            json!({ "name": "New", "levelRank": 1, "firstReply": "PT1H" }),
            "SERVICE_LEVEL_POLICY_CREATED",
        ),
        (
            "editServiceLevelPolicy",
            "policy { id }",
            json!({ "policyId": "$createServiceLevelPolicy", "name": "Newer" }),
            "SERVICE_LEVEL_POLICY_EDITED",
        ),
        (
            "deleteServiceLevelPolicy",
            "__typename",
            json!({ "policyId": "$createServiceLevelPolicy" }),
            "SERVICE_LEVEL_POLICY_DELETED",
        ),
        (
            "deleteCalendar",
            "__typename",
            json!({ "calendarId": "$createCalendar" }),
            "CALENDAR_DELETED",
        ),
        (
            "createMachine",
            "machine { id }",
            json!({ "name": "New" }),
            "USER_CREATED",
        ),
        (
            "editMachine",
            "machine { id }",
            json!({ "machineId": "$createMachine", "name": "Newer" }),
            "USER_EDITED",
        ),
        (
            "createApplication",
            "application { id }",
            json!({ "name": "New", "issuer": "i" }),
            "APPLICATION_CREATED",
        ),
        (
            "editApplication",
            "application { id }",
            json!({ "applicationId": "$createApplication", "name": "Newer" }),
            "APPLICATION_EDITED",
        ),
        (
            "addApplicationKey",
            "key { id }",
            json!({ "applicationId": "$createApplication" }),
            "APPLICATION_KEY_ADDED",
        ),
        (
            "revokeApplicationKey",
            "application { name }",
            json!({ "keyId": "$addApplicationKey" }),
            "APPLICATION_KEY_REVOKED",
        ),
        (
            "deleteApplication",
            "__typename",
            json!({ "applicationId": "$createApplication" }),
            "APPLICATION_DELETED",
        ),
        (
            "startTotpEnrollment",
            "secret",
            json!({ "password": PASSWORD }),
            "TOTP_ENROLLMENT_STARTED",
        ),
        (
            "confirmTotp",
            "recoveryCodes",
            json!({ "code": "$startTotpEnrollment" }),
            "TOTP_ENABLED",
        ),
        (
            "regenerateRecoveryCodes",
            "recoveryCodes",
            json!({ "password": PASSWORD, "code": "$confirmTotp" }),
            "RECOVERY_CODES_REPLACED",
        ),
        (
            "disableTotp",
            "__typename",
            json!({ "password": PASSWORD, "code": "$regenerateRecoveryCodes" }),
            "TOTP_DISABLED",
        ),
        (
            "resetTotp",
            "user { id }",
            json!({ "userId": agent }),
            "TOTP_DISABLED",
        ),
        (
            "createApiToken",
            "apiToken { id }",
            json!({ "name": "n", "scopes": ["TICKETS_READ"], "machineId": "$createMachine" }),
            "API_TOKEN_CREATED",
        ),
        (
            "editApiToken",
            "apiToken { id }",
            json!({ "tokenId": "$createApiToken", "name": "m" }),
            "API_TOKEN_EDITED",
        ),
        (
            "rotateApiToken",
            "apiToken { id }",
            json!({ "tokenId": "$createApiToken" }),
            "API_TOKEN_ROTATED",
        ),
        (
            "revokeApiToken",
            "apiToken { id }",
            json!({ "tokenId": "$createApiToken" }),
            "API_TOKEN_REVOKED",
        ),
        (
            "changePassword",
            "user { id }",
            json!({ "currentPassword": PASSWORD, "newPassword": OTHER }),
            "PASSWORD_CHANGED",
        ),
        (
            "signOut",
            "endedSessions",
            json!({ "everywhere": true }),
            "SIGN_OUT_EVERYWHERE",
        ),
    ]
}
