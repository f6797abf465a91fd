//! The article that can be made of a solved ticket.

use entity::{article::Visibility, user::Locale};

use super::{NewArticle, NewText};
use crate::{
    input::Named,
    people,
    text::{BODY_CHARS_MAX, analysis::guess_language, beginning, markdown},
};

/// How much of a ticket's description goes into a draft, in Unicode scalar values: the answer needs room too.
const QUESTION_CHARS_MAX: usize = 20_000;

/// What a solved ticket says, all of it for the readers of the article.
#[derive(Clone, Copy, Debug)]
pub(in crate::knowledge) struct Solved<'a> {
    pub subject: &'a str,
    pub description: &'a str,
    pub solutions: &'a [String],
    pub tags: &'a [String],
}

/// The article that a person can make of a solved ticket. Its locale is the one that is said, else what the ticket's
/// texts look like, else `reader`'s.
pub(in crate::knowledge) fn from_ticket(
    solved: Solved<'_>,
    visibility: Visibility,
    locale: Option<&str>,
    reader: Locale,
) -> NewArticle {
    let question = beginning(solved.description, QUESTION_CHARS_MAX);
    let answer = solved.solutions.join("\n\n");
    let texts = [solved.subject, question, &answer].join("\n");
    let guessed = guess_language(&texts).unwrap_or(reader);
    let locale = locale.map_or_else(|| people::locale_name(guessed).to_owned(), str::to_owned);
    let answer_heading = match people::locale_of(&locale).unwrap_or(guessed) {
        Locale::En => "Answer",
        Locale::Fr => "Réponse",
    };
    let body = format!("## Question\n\n{question}\n\n## {answer_heading}\n\n{answer}");
    NewArticle {
        text: NewText {
            locale,
            title: solved.subject.to_owned(),
            body: Some(beginning(&body, BODY_CHARS_MAX).to_owned()),
            // The body's own beginning would be a heading.
            summary: Some(markdown::excerpt(question).replace(char::is_control, "")),
        },
        url: None,
        visibility,
        category: None,
        category_id: Named::Absent,
        tags: solved.tags.to_vec(),
        slug: None,
        uploads: Vec::new(),
    }
}
