//! Measures how often the right article is suggested, and how fast: loads sets through the API, and asks as people
//! type.

mod desk;

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use clap::Parser;
use live::{
    database::{create_database, drop_database},
    sets::{self, Article, Question},
};

use crate::desk::{Asked, Desk};

const DATABASE: &str = "guichet_bench_retrieval";
const HEADER: &str =
    "test                                   R@1   R@3   R@5   MRR   p50 ms  p99 ms   MB  floors";

/// Fills desks with sets of questions, and measures what is suggested.
#[derive(Parser)]
struct Cli {
    /// A PostgreSQL on this machine, as a user who may create databases.
    #[arg(long)]
    database_url: String,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// The folder with `banking77`, `msss` and `stackfaq`.
    #[arg(long)]
    data: PathBuf,
    /// Only the tests whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
}

/// One desk, and what it is asked.
struct Test {
    name: &'static str,
    articles: Vec<Article>,
    tickets: Vec<Question>,
    /// Name, questions, and the floors for them.
    rounds: Vec<(&'static str, Vec<Question>, &'static str)>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    say(HEADER)?;
    let tests = banking(&cli)?.into_iter().chain(others(&cli)?);
    for test in tests.filter(|test| test.name.contains(&cli.only)) {
        let url = create_database(&cli.database_url, DATABASE, None).await?;
        let measured = measure(&cli, &url, &test).await;
        drop_database(&cli.database_url, DATABASE).await?;
        measured?;
    }
    Ok(())
}

async fn measure(cli: &Cli, url: &str, test: &Test) -> Result<()> {
    let desk = Desk::open(cli, url, &test.articles).await?;
    if !test.tickets.is_empty() {
        let speed = desk.learn(&test.tickets).await?;
        say(&format!(
            "{}: {} tickets, {speed:.0} a second",
            test.name,
            test.tickets.len()
        ))?;
    }
    for (name, questions, floors) in &test.rounds {
        let asked = desk.suggest(questions).await?;
        say(&line(name, &asked, floors))?;
    }
    Ok(())
}

fn banking(cli: &Cli) -> Result<Vec<Test>> {
    let english = sets::banking_articles(&cli.data, "en")?;
    let french = sets::banking_articles(&cli.data, "fr")?;
    let train = sets::banking(&cli.data, "train.csv")?;
    let dev = sets::banking(&cli.data, "dev.csv")?;
    let misspelled = sets::misspelled(&dev);
    let cold: Vec<String> = english
        .iter()
        .step_by(3)
        .map(|article| article.key.clone())
        .collect();
    let is_cold = |question: &Question| cold.contains(&question.answers[0]);
    let (never, others): (Vec<_>, Vec<_>) = dev.iter().cloned().partition(is_cold);
    let warm = train
        .iter()
        .filter(|ticket| !is_cold(ticket))
        .cloned()
        .collect();
    let test = |name, articles: &[Article], tickets, rounds| Test {
        name,
        articles: articles.to_vec(),
        tickets,
        rounds,
    };
    Ok(vec![
        test(
            "banking77, no tickets",
            &english,
            Vec::new(),
            vec![("banking77, no tickets", dev.clone(), "R@1 .61, R@3 .80")],
        ),
        test(
            "banking77, 10 an article",
            &english,
            sets::few(&train, 10),
            vec![("banking77, 10 an article", dev.clone(), "R@1 .75, R@3 .90")],
        ),
        test(
            "banking77, all tickets",
            &english,
            train.clone(),
            vec![
                ("banking77, all tickets", dev.clone(), "R@1 .87, R@3 .96"),
                ("  one word of four misspelled", misspelled, "R@3 .91"),
            ],
        ),
        test(
            "banking77, a fifth wrong",
            &english,
            sets::wrong(&train, &english),
            vec![("banking77, a fifth wrong", dev.clone(), "R@1 .85")],
        ),
        test(
            "banking77, a third never linked",
            &english,
            warm,
            vec![
                ("banking77, never linked", never, "R@3 .69"),
                ("  the others", others, "R@3 .955"),
            ],
        ),
        test(
            "banking77, French articles",
            &french,
            train,
            vec![("banking77, French articles", dev, "R@1 .85")],
        ),
    ])
}

fn others(cli: &Cli) -> Result<Vec<Test>> {
    let (french, questions) = sets::lines(&cli.data, "msss", "fr")?;
    let half = |first: usize| questions.iter().skip(first).step_by(2).cloned().collect();
    let (faqs, rephrased) = sets::lines(&cli.data, "stackfaq", "en")?;
    Ok(vec![
        Test {
            name: "msss, no tickets",
            articles: french.clone(),
            tickets: Vec::new(),
            rounds: vec![("msss, no tickets", questions.clone(), "R@1 .64, R@3 .80")],
        },
        Test {
            name: "msss, half of the phrasings",
            articles: french,
            tickets: half(0),
            rounds: vec![("msss, half of the phrasings", half(1), "R@1 .79, R@3 .93")],
        },
        Test {
            name: "stackfaq, no tickets",
            articles: faqs,
            tickets: Vec::new(),
            rounds: vec![("stackfaq, no tickets", rephrased, "MAP (here: MRR) .83")],
        },
    ])
}

#[expect(clippy::cast_precision_loss, reason = "some thousand questions")]
fn line(name: &str, asked: &Asked, floors: &str) -> String {
    let all = asked.places.len().max(1) as f64;
    let within = |first: usize| {
        let places = asked.places.iter().flatten();
        places.filter(|place| **place < first).count() as f64 / all
    };
    let reciprocal = |place: &usize| 1.0 / (*place as f64 + 1.0);
    let mrr = asked.places.iter().flatten().map(reciprocal).sum::<f64>() / all;
    let quantile = |hundredths: usize| {
        let at = asked.took_ms.len() * hundredths / 100;
        asked.took_ms.get(at).copied().unwrap_or_default()
    };
    format!(
        "{name:<36} {:.3} {:.3} {:.3} {mrr:.3}  {:6.2}  {:6.2} {:4}  {floors}",
        within(1),
        within(3),
        within(5),
        quantile(50),
        quantile(99),
        asked.memory_mb,
    )
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
