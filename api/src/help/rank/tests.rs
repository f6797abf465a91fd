use entity::{
    ids::{ArticleId, OrganizationId, TeamId},
    user::Locale,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn article(number: u128, title: &str, body: &str, is_public: bool) -> Change {
    let text = Text {
        language: Locale::En,
        title: title.to_owned(),
        body: body.to_owned(),
    };
    let texts = ArticleTexts {
        is_public,
        texts: vec![text],
    };
    Change::Article(id(number), Some(texts))
}

const fn id(number: u128) -> ArticleId {
    ArticleId(Uuid::from_u128(number))
}

/// A solved ticket of an organization (0: of none).
fn ticket(number: u128, article: u128, organization: u128, text: &str) -> Evidence {
    Evidence {
        id: Uuid::from_u128(number),
        kind: Kind::Ticket,
        article: Some(id(article)),
        organization: (organization > 0).then(|| OrganizationId(Uuid::from_u128(organization))),
        team: Some(TeamId(Uuid::from_u128(organization))),
        level: 1,
        version: 1,
        text: text.to_owned(),
    }
}

fn places(snapshot: &Snapshot, audience: &Audience, text: &str) -> Vec<u128> {
    let suggested = suggest(snapshot, audience, text, None, 10);
    let articles = suggested.articles.iter();
    articles.map(|(id, _)| id.0.as_u128()).collect()
}

fn desk() -> Vec<Change> {
    vec![
        article(
            1,
            "Reset a password",
            "Open the portal and choose another.",
            true,
        ),
        article(
            2,
            "Connect to the VPN",
            "Install the tunnel client first.",
            true,
        ),
        article(3, "Order a laptop", "Your manager has to approve it.", true),
        article(4, "Keys of the vault", "They are under the mat.", false),
    ]
}

#[test]
fn own_words_find_an_article() {
    let snapshot = Snapshot::default().with(desk());
    for (text, expected) in [
        ("how can i reset my password", 1),
        ("tunel clients", 2),
        ("managers who approve laptops", 3),
        ("vault keys", 4),
    ] {
        assert_eq!(
            places(&snapshot, &Audience::Staff, text)[0],
            expected,
            "{text}"
        );
    }
    assert!(places(&snapshot, &Audience::Staff, "").is_empty());
    assert!(
        suggest(&Snapshot::default(), &Audience::Staff, "anything", None, 3)
            .articles
            .is_empty()
    );
}

#[test]
fn tickets_teach_words_that_no_article_has() {
    let text = "gobbledegook handshake";
    let known = |snapshot: &Snapshot| {
        let suggested = suggest(snapshot, &Audience::Staff, text, None, 3);
        suggested.confidence > 0.9 && suggested.articles[0].0 == id(2)
    };
    let snapshot = Snapshot::default().with(desk());
    assert!(!known(&snapshot));
    let taught = snapshot.with(vec![Change::Added(vec![ticket(9, 2, 0, text)])]);
    assert!(known(&taught));
    let suggested = suggest(&taught, &Audience::Staff, text, None, 3);
    assert_eq!(suggested.tickets[0].0.0.as_u128(), 9);
    let forgotten = taught.with(vec![Change::Gone(vec![(Uuid::from_u128(9), Some(id(2)))])]);
    assert!(!known(&forgotten));
    // A snapshot that somebody still reads stays as it was.
    assert!(known(&taught));
}

#[test]
fn a_new_article_gets_the_third_place() {
    let mut changes: Vec<Change> = (1..=6)
        .map(|number| {
            article(
                number,
                &format!("Printing problem {number}"),
                "printer",
                true,
            )
        })
        .collect();
    let tickets = (1..=5).flat_map(|number| {
        (0..10).map(move |ticket_number| {
            ticket(
                number * 100 + ticket_number,
                number,
                0,
                "printing problem printer jam",
            )
        })
    });
    changes.push(Change::Added(tickets.collect()));
    let snapshot = Snapshot::default().with(changes);
    assert_eq!(
        places(&snapshot, &Audience::Staff, "printing problem printer")[2],
        6
    );
}

#[test]
fn an_article_that_is_not_offered_any_more_is_gone_with_its_tickets() {
    let mut changes = desk();
    changes.push(Change::Added(vec![ticket(9, 2, 0, "tunnel is gone")]));
    let snapshot = Snapshot::default().with(changes);
    let without = snapshot.with(vec![Change::Article(id(2), None)]);
    assert!(!places(&without, &Audience::Staff, "tunnel is gone").contains(&2));
    let suggested = suggest(&without, &Audience::Staff, "tunnel is gone", None, 3);
    assert!(suggested.tickets.is_empty(), "{suggested:?}");
    let again = without.with(vec![article(2, "Connect", "Tunnels", true)]);
    assert_eq!(places(&again, &Audience::Staff, "tunnel is gone")[0], 2);
}

#[test]
fn each_audience_has_its_own_evidence() {
    let mut changes = desk();
    let tickets = vec![
        ticket(11, 1, 0, "zebrafish"),
        ticket(12, 2, 7, "narwhal"),
        ticket(13, 4, 0, "axolotl"),
    ];
    changes.push(Change::Added(tickets));
    let snapshot = Snapshot::default().with(changes);
    let of = |number: u128| Audience::Requester(Some(OrganizationId(Uuid::from_u128(number))));
    let team = Audience::Teams(vec![TeamId(Uuid::from_u128(7))]);
    for (audience, text, article, is_known) in [
        (of(7), "zebrafish", 1, true),
        (of(7), "narwhal", 2, true),
        (of(8), "narwhal", 2, false),
        (Audience::Requester(None), "narwhal", 2, false),
        (Audience::Requester(None), "axolotl", 4, false),
        (team.clone(), "narwhal", 2, true),
        (team, "zebrafish", 1, false),
        (Audience::Staff, "axolotl", 4, true),
    ] {
        let places = places(&snapshot, &audience, text);
        let is_first = places.first() == Some(&article);
        assert_eq!(is_first, is_known, "{audience:?} {text} {places:?}");
    }
}

const WORDS: [&str; 12] = [
    "printer", "tunnel", "password", "reset", "laptop", "order", "screen", "broken", "slow",
    "account", "locked", "invoice",
];

fn sentence() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&WORDS[..]), 1..6)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the documents came in, in one piece or one by one, with detours or without, the answer is the same.
    #[test]
    fn an_answer_does_not_depend_on_the_way_there(
        articles in proptest::collection::vec((sentence(), sentence()), 1..6),
        tickets in proptest::collection::vec((0..6_u128, sentence()), 0..30),
        text in sentence(),
    ) {
        let count = articles.len() as u128;
        let articles = || articles.iter().zip(1..).map(|((title, body), number)| article(number, title, body, true));
        let tickets: Vec<Evidence> = tickets
            .iter()
            .zip(100..)
            .map(|((article, text), number)| ticket(number, 1 + article % count, 0, text))
            .collect();
        let at_once = Snapshot::default().with(articles().chain([Change::Added(tickets.clone())]).collect());
        let mut one_by_one = Snapshot::default();
        for one in &tickets {
            one_by_one = one_by_one.with(vec![Change::Added(vec![one.clone()])]);
        }
        for one in articles().chain(articles()) {
            one_by_one = one_by_one.with(vec![one]);
        }
        if let Some(first) = tickets.first() {
            let gone = Change::Gone(vec![(first.id, first.article)]);
            one_by_one = one_by_one.with(vec![gone]).with(vec![Change::Added(vec![first.clone()])]);
        }
        for audience in [Audience::Staff, Audience::Requester(None)] {
            prop_assert_eq!(
                suggest(&at_once, &audience, &text, None, 10),
                suggest(&one_by_one, &audience, &text, None, 10)
            );
        }
    }

    /// To whom something is hidden, it is as if it were not there.
    #[test]
    fn what_is_hidden_changes_nothing(
        shown in proptest::collection::vec((sentence(), sentence()), 1..5),
        hidden in proptest::collection::vec((sentence(), sentence()), 1..5),
        taught in proptest::collection::vec((0..5_u128, sentence(), any::<bool>()), 0..20),
        text in sentence(),
    ) {
        let count = shown.len() as u128;
        let public = || shown.iter().zip(1..).map(|((title, body), number)| article(number, title, body, true));
        let internal = hidden.iter().zip(50..).map(|((title, body), number)| article(number, title, body, false));
        let all: Vec<(Evidence, bool)> = taught
            .iter()
            .zip(100..)
            .map(|((article, text, is_own), number)| {
                let organization = if *is_own { 7 } else { 8 };
                (ticket(number, 1 + article % count, organization, text), *is_own)
            })
            .collect();
        let own = all.iter().filter(|(_, is_own)| *is_own).map(|(one, _)| one.clone()).collect();
        let on_hidden = taught.iter().zip(300..).map(|((_, text, _), number)| ticket(number, 50, 7, text));
        let everything = all.iter().map(|(one, _)| one.clone()).chain(on_hidden).collect();
        let without = Snapshot::default().with(public().chain([Change::Added(own)]).collect());
        let with = Snapshot::default()
            .with(internal.chain(public()).chain([Change::Added(everything)]).collect());
        let audience = Audience::Requester(Some(OrganizationId(Uuid::from_u128(7))));
        prop_assert_eq!(
            suggest(&with, &audience, &text, None, 10),
            suggest(&without, &audience, &text, None, 10)
        );
    }
}
