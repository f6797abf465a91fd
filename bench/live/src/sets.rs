//! The sets: articles, questions with their right answers, and tickets that were solved by an article.

use std::{collections::BTreeMap, fs::read_to_string, path::Path};

use anyhow::{Context, Result, ensure};

use serde_json::Value;

use crate::random::Random;

/// An article's title and body.
#[derive(Clone, Debug)]
pub struct Article {
    pub key: String,
    pub locale: &'static str,
    pub title: String,
    pub body: String,
}

/// A text, and the keys of the articles that answer it.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    pub answers: Vec<String>,
}

/// One in so many words is misspelled.
const TYPO_OF: usize = 4;

/// The intents' articles in a language.
pub fn banking_articles(data: &Path, locale: &'static str) -> Result<Vec<Article>> {
    let text = read(&data.join("banking77/articles.tsv"))?;
    let of_row = |row: &str| {
        let cells: Vec<&str> = row.split('\t').collect();
        ensure!(cells.len() == 5, "not an article: {row}");
        let first = if locale == "fr" { 3 } else { 1 };
        Ok(Article {
            key: cells[0].to_owned(),
            locale,
            title: cells[first].to_owned(),
            body: cells[first + 1].to_owned(),
        })
    };
    text.lines().skip(1).map(of_row).collect()
}

/// Messages with their intents.
pub fn banking(data: &Path, file: &str) -> Result<Vec<Question>> {
    let path = data.join("banking77").join(file);
    let mut rows = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    let of_row = |row: csv::Result<csv::StringRecord>| {
        let row = row?;
        Ok(Question {
            text: row[0].to_owned(),
            answers: vec![row[1].to_owned()],
        })
    };
    rows.records().map(of_row).collect()
}

/// The articles and questions of a set in JSON lines, in a language.
pub fn lines(
    data: &Path,
    set: &str,
    locale: &'static str,
) -> Result<(Vec<Article>, Vec<Question>)> {
    let articles = json_lines(&data.join(set).join("articles.jsonl"), locale, |row| {
        let answers = strings(&row["answers"]).join("\n\n");
        let body = row["body"].as_str().map_or(answers, str::to_owned);
        Article {
            key: text(&row["id"]),
            locale,
            title: text(&row["title"]),
            body,
        }
    })?;
    let questions = json_lines(&data.join(set).join("queries.jsonl"), locale, |row| {
        Question {
            text: text(&row["text"]),
            answers: strings(&row["rel"]),
        }
    })?;
    Ok((articles, questions))
}

fn json_lines<T>(path: &Path, locale: &str, of: impl Fn(&Value) -> T) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for line in read(path)?.lines() {
        let row: Value = serde_json::from_str(line)?;
        if row["lang"] == locale {
            all.push(of(&row));
        }
    }
    Ok(all)
}

fn read(path: &Path) -> Result<String> {
    read_to_string(path).with_context(|| path.display().to_string())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// At most `count` questions of each answer, in their order.
pub fn few(questions: &[Question], count: usize) -> Vec<Question> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let is_one_of_them = |question: &&Question| {
        let seen = counts.entry(question.answers[0].clone()).or_default();
        *seen += 1;
        *seen <= count
    };
    questions.iter().filter(is_one_of_them).cloned().collect()
}

/// The same with every fifth answer drawn at random.
pub fn wrong(questions: &[Question], articles: &[Article]) -> Vec<Question> {
    let mut random = Random::new(5);
    let spoil = |question: &Question| {
        let mut question = question.clone();
        if random.below(5) == 0 {
            question.answers = vec![random.one_of(articles).key.clone()];
        }
        question
    };
    questions.iter().map(spoil).collect()
}

/// The same with a letter missing, doubled or swapped in one word of four.
pub fn misspelled(questions: &[Question]) -> Vec<Question> {
    let mut random = Random::new(7);
    let mut misspell = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() < 4 || random.below(TYPO_OF) != 0 {
            return word.to_owned();
        }
        let at = 1 + random.below(letters.len() - 2);
        match random.below(3) {
            0 => {
                letters.remove(at);
            }
            1 => letters.swap(at, at - 1),
            _ => letters.insert(at, letters[at]),
        }
        letters.into_iter().collect()
    };
    let misspell = |question: &Question| {
        let words: Vec<String> = question.text.split(' ').map(&mut misspell).collect();
        Question {
            text: words.join(" "),
            answers: question.answers.clone(),
        }
    };
    questions.iter().map(misspell).collect()
}
