//! Something of everything that can happen to tickets, by chance, through the API.

use chrono::TimeDelta;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// The same numbers in every run (a linear congruential generator, by its high bits).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.roll(among.len())]
    }
}

/// Lives through so many moves, of which the illegal ones are refused; how many were done.
pub(super) async fn live(server: &TestServer, seed: u64, moves: usize) -> usize {
    let mut dice = Dice(seed);
    let mut tickets: Vec<String> = Vec::new();
    let mut done = 0;
    for _ in 0..moves {
        // Seconds too, and now and then a night.
        let minutes = [5, 40, 90, 700][dice.roll(4)];
        let seconds = i64::try_from(1 + dice.roll(minutes * 60)).unwrap();
        server.advance(TimeDelta::seconds(seconds));
        if tickets.len() < 4 || dice.roll(7) == 0 {
            let ticket = create(server, &mut dice).await;
            tickets.push(ticket);
            done += 1;
        } else {
            // The newest more often.
            let newest = tickets.len().saturating_sub(8);
            let id = dice.pick(&tickets[newest..]).clone();
            let into = dice.pick(&tickets).clone();
            let answer = step(server, &mut dice, &id, &into).await;
            done += usize::from(answer.is_some_and(|answer| outcome(&answer) == "ok"));
        }
    }
    done
}

async fn create(server: &TestServer, dice: &mut Dice) -> String {
    let rosa = server.requester();
    let (colin, stella) = (server.colleague(), server.stranger());
    let who = *dice.pick(&[&rosa, &rosa, &colin, &stella]);
    let level = i32::try_from(1 + dice.roll(3)).unwrap();
    let mut new = server.ticket().by(who).level(level);
    for tag in ["printer", "login"] {
        if dice.roll(3) == 0 {
            new = new.tag(tag);
        }
    }
    global(new.create().await.id)
}

async fn step(server: &TestServer, dice: &mut Dice, id: &str, into: &str) -> Option<Value> {
    let (agent, lead, rosa) = (server.agent(), server.lead(), server.requester());
    let staff = *dice.pick(&[&agent, &lead]);
    let ticket = "ticket { id }";
    let (mutation, selection, input) = match dice.roll(15) {
        0..=2 => (
            "addComment",
            "comment { id }",
            json!({ "ticketId": id, "body": "Try this." }),
        ),
        3 => (
            "addComment",
            "comment { id }",
            json!({ "ticketId": id, "body": "Odd.", "visibility": "INTERNAL" }),
        ),
        4 => return Some(ask(&rosa, id).await),
        5 => ("claimTicket", ticket, json!({ "ticketId": id })),
        6 => {
            let team = *dice.pick(&[server.team(), server.external_team()]);
            (
                "assignTicket",
                ticket,
                json!({ "ticketId": id, "teamId": global(team), "assigneeId": null }),
            )
        }
        7 => {
            let rank = 1 + dice.roll(3);
            (
                "changeTicketLevel",
                ticket,
                json!({ "ticketId": id, "levelRank": rank, "reason": "So" }),
            )
        }
        8 => {
            let [add, remove] =
                *dice.pick(&[["vip", "login"], ["login", "printer"], ["printer", "vip"]]);
            (
                "tagTicket",
                ticket,
                json!({ "ticketId": id, "add": [add], "remove": [remove] }),
            )
        }
        9 => {
            let reason = *dice.pick(&["REQUESTER", "REQUESTER", "THIRD_PARTY"]);
            (
                "waitTicket",
                ticket,
                json!({ "ticketId": id, "reason": reason }),
            )
        }
        10 | 11 => {
            let comment = dice.pick(&[None, Some("It works now.")]);
            (
                "solveTicket",
                ticket,
                json!({ "ticketId": id, "comment": comment }),
            )
        }
        12 => {
            let mutation = *dice.pick(&["reopenTicket", "reopenTicket", "closeTicket"]);
            (mutation, ticket, json!({ "ticketId": id }))
        }
        13 if dice.roll(2) == 0 => (
            "mergeTicket",
            ticket,
            json!({ "ticketId": id, "intoId": into }),
        ),
        13 => ("unmergeTicket", ticket, json!({ "ticketId": id })),
        _ => return rate(&rosa, id, 1 + dice.roll(5)).await,
    };
    Some(mutate(staff, mutation, selection, input).await)
}

async fn ask(rosa: &Client, id: &str) -> Value {
    let input = json!({ "ticketId": id, "body": "Still not." });
    mutate(rosa, "addComment", "comment { id }", input).await
}

/// Where the ticket is hers and solved.
async fn rate(rosa: &Client, id: &str, score: usize) -> Option<Value> {
    let document = "query($id: ID!) { ticket(by: { id: $id }) { ratingLink { token } } }";
    let seen = rosa.run(document, json!({ "id": id })).await;
    let token = seen.pointer("/data/ticket/ratingLink/token")?.as_str()?;
    let input = json!({ "token": token, "score": score });
    Some(mutate(rosa, "rateTicket", "satisfaction { score }", input).await)
}
