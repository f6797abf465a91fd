//! What is found by which words, and in which order.

use chrono::TimeDelta;
use entity::user::Role;
use harness::{TestServer, newcomer};
use serde_json::json;

use super::{find, name, search, strings};
use crate::ask::mutate;

const PRINTER: &str = "L'imprimante n’arrive pas à s'allumer";
const BACKUP: &str = "Sauvegardes échouées";
const CARD: &str = "My card was declined";
const PASSWORD: &str = "Réinitialiser le mot de passe";
const CODE: &str = "Erreur 0x80070005";

async fn desk() -> TestServer {
    let server = TestServer::start().await;
    for (subject, description) in [
        (PRINTER, "Le voyant du *toner* clignote depuis ce matin."),
        (BACKUP, "Le disque est plein ; rien n'est copié."),
        (CARD, "The payment terminal shows a timeout."),
        (PASSWORD, "Bonjour, j'ai perdu mon téléphone."),
        (CODE, "Accès refusé au partage réseau."),
    ] {
        let ticket = server.ticket().subject(subject).description(description);
        ticket.create().await;
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_found_by_what_people_mean() {
    let server = desk().await;
    let agent = server.agent();
    let cases: &[(&str, &[&str])] = &[
        // Case, accents and elision do not matter.
        ("IMPRIMANTE", &[PRINTER]),
        ("echouees", &[BACKUP]),
        ("l'imprimante", &[PRINTER]),
        ("d’imprimantes", &[PRINTER]),
        ("telephone", &[PASSWORD]),
        // Inflection, in both languages, whoever asks.
        ("sauvegarde", &[BACKUP]),
        ("échouer", &[BACKUP]),
        ("cards declines", &[CARD]),
        ("payments", &[CARD]),
        ("reinitialisation", &[PASSWORD]),
        // The last word may be only begun, and no other.
        ("impri", &[PRINTER]),
        ("voyant ton", &[PRINTER]),
        ("ton voyant", &[PRINTER]),
        ("clig voyant", &[]),
        // Words of several fields together; all must be there.
        ("imprimante toner", &[PRINTER]),
        ("payment declined", &[CARD]),
        ("imprimante timeout", &[]),
        // Small typos, where nothing else is found.
        ("imprimnate", &[PRINTER]),
        ("sauvegrade", &[BACKUP]),
        ("declnied card", &[CARD]),
        ("pasword", &[]),
        ("xx80070005", &[]),
        // Phrases.
        ("\"mot de passe\"", &[PASSWORD]),
        ("« mot de passe » perdu", &[PASSWORD]),
        ("\"mot passe\"", &[]),
        ("\"passe de mot\"", &[]),
        ("\"échouées le disque\"", &[]),
        // Numbers and codes.
        ("GU-1003", &[CARD]),
        ("gu1003", &[CARD]),
        ("1003", &[CARD]),
        ("#1003", &[CARD]),
        ("0x80070005", &[CODE]),
        ("salle", &[]),
        // Words that say nothing do not count beside others, and count alone.
        ("le partage et la réseau", &[CODE]),
        ("depuis", &[PRINTER]),
    ];
    for (text, expected) in cases {
        let mut found = find(&agent, "TICKET", text).await;
        let mut expected = strings(expected);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_articles_and_people_are_found_too() {
    let server = desk().await;
    let agent = server.agent();
    let ticket = server.ticket().subject("Sujet").create().await;
    let comment = "Essayez de **redémarrer** le commutateur";
    server.comment(&ticket).body(comment).create().await;
    let article = json!({ "title": "Redémarrer un commutateur", "body": "Débranchez-le.", "locale": "fr", "summary": "Réseau" });
    let made = mutate(&agent, "createArticle", "article { id }", article).await;
    let id = &made["data"]["createArticle"]["article"]["id"];
    let translation = json!({ "articleId": id, "locale": "en", "title": "Restart a switch", "body": "Unplug it." });
    mutate(&agent, "translateArticle", "article { id }", translation).await;
    let mut new = newcomer("Zoé Lefèvre", Role::Requester);
    new.email = "zoe.lefevre@mairie.test".to_owned();
    server.add_person(new).await;

    let redemarrer = "redemarre commutateurs";
    assert_eq!(find(&agent, "COMMENT", redemarrer).await, [comment]);
    assert_eq!(
        find(&agent, "ARTICLE", redemarrer).await,
        ["Restart a switch"]
    );
    assert_eq!(
        find(&agent, "ARTICLE", "unplugged switches").await,
        ["Restart a switch"]
    );
    for text in [
        "zoe",
        "LEFEVRE zoé",
        "zoe.lefevre@mairie.test",
        "lefe",
        "lefever",
    ] {
        assert_eq!(find(&agent, "USER", text).await, ["Zoé Lefèvre"], "{text}");
    }
    assert_eq!(find(&agent, "TICKET", redemarrer).await, [""; 0]);
    let everything = search(&agent, json!({ "text": redemarrer })).await;
    assert_eq!(everything["totalCount"], 2);
    let kinds = json!({ "text": redemarrer, "kinds": ["COMMENT", "USER", "COMMENT"] });
    assert_eq!(search(&agent, kinds).await["totalCount"], 1);
    let none = json!({ "text": redemarrer, "kinds": [] });
    assert_eq!(search(&agent, none).await["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_is_marked_in_safe_html() {
    let server = TestServer::start().await;
    let long = format!(
        "{}<img src=x onerror=alert(1)> l'**imprimante** du 2e & \"rien\" {}",
        "avant ".repeat(100),
        "après ".repeat(100)
    );
    let ticket = server
        .ticket()
        .subject("Imprimantes <script>alert(1)</script>")
        .description(&long);
    ticket.create().await;
    let found = search(
        &server.agent(),
        json!({ "text": "imprimante", "kinds": ["TICKET"] }),
    )
    .await;
    let node = &found["nodes"][0];
    assert_eq!(
        node["titleHtml"],
        "<mark>Imprimantes</mark> &lt;script&gt;alert(1)&lt;/script&gt;"
    );
    let excerpt = node["excerptHtml"].as_str().unwrap();
    assert!(
        excerpt.contains("&lt;img src=x onerror=alert(1)&gt; l&#39;<mark>imprimante</mark> du 2e &amp; &quot;rien&quot; apr"),
        "{excerpt}"
    );
    assert!(
        excerpt.starts_with('…') && excerpt.ends_with('…'),
        "{excerpt}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_comes_first() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let make = async |subject: &str, description: &str| {
        server
            .ticket()
            .subject(subject)
            .description(description)
            .create()
            .await
    };
    make("Lenteurs", "Le réseau privé (VPN) est lent").await;
    make("VPN", "Rien ne va").await;
    make(
        "Le VPN et d'autres choses encore plus longues",
        "Rien ne va",
    )
    .await;
    make("Question", "Nous utilisons des VPNs").await;
    let ranked = [
        "VPN",
        "Le VPN et d'autres choses encore plus longues",
        "Lenteurs",
        "Question",
    ];
    assert_eq!(find(&agent, "TICKET", "vpn").await, ranked);
    // Of equals, the newer.
    make("Ancien", "la badgeuse").await;
    server.advance(TimeDelta::days(20));
    make("Nouveau", "la badgeuse").await;
    assert_eq!(
        find(&agent, "TICKET", "badgeuse").await,
        ["Nouveau", "Ancien"]
    );
    // A number is a ticket before it is a word.
    make("Autre", "voir GU-1001").await;
    let found = search(&agent, json!({ "text": "GU-1001", "kinds": ["TICKET"] })).await;
    assert_eq!(name(&found["nodes"][0]), "Lenteurs");
}
