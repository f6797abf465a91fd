//! Real texts, and new ones made of their sentences: words are then as frequent as in what people write.

use std::{fs::read_to_string, path::Path};

use anyhow::{Result, ensure};
use live::{
    random::Random,
    sets::{self, Article, Question},
};

/// Every so many questions one is typed, and in no ticket.
const TYPED_OF: usize = 10;
/// Words of a paragraph that can be an article.
const PARAGRAPH_WORDS_MIN: usize = 25;
/// Sentences that are added to what an article says, and to a ticket's question.
const ARTICLE_SENTENCES: usize = 20;
const TICKET_SENTENCES: usize = 5;

/// What an article answers, and how people ask for it.
struct Topic {
    article: Article,
    questions: Vec<String>,
}

/// All texts that others are made of.
pub(crate) struct Pool {
    topics: Vec<Topic>,
    /// Questions that no ticket asks.
    pub(crate) typed: Vec<String>,
}

/// What an article's title takes.
const TITLE_CHARS_MAX: usize = 255;

/// A ticket's subject and description.
pub(crate) struct Asked {
    pub(crate) subject: String,
    pub(crate) description: String,
}

impl Pool {
    /// From the sets in a folder, else from what is written of Guichet itself.
    pub(crate) fn read(data: Option<&Path>) -> Result<Self> {
        let mut pairs = Vec::new();
        match data {
            Some(data) => {
                let articles = sets::banking_articles(data, "en")?;
                pairs.push((articles, sets::banking(data, "train.csv")?));
                pairs.push(sets::lines(data, "msss", "fr")?);
                pairs.push(sets::lines(data, "stackfaq", "en")?);
            }
            None => pairs.push(documentation()?),
        }
        let mut pool = Self {
            topics: Vec::new(),
            typed: Vec::new(),
        };
        for (articles, questions) in pairs {
            pool.add(articles, &questions);
        }
        ensure!(
            !pool.topics.is_empty() && !pool.typed.is_empty(),
            "no texts"
        );
        Ok(pool)
    }

    fn add(&mut self, articles: Vec<Article>, questions: &[Question]) {
        let typed = questions.iter().step_by(TYPED_OF);
        self.typed
            .extend(typed.map(|question| question.text.clone()));
        for article in articles {
            let of_article = |(at, question): &(usize, &Question)| {
                at % TYPED_OF != 0 && question.answers.contains(&article.key)
            };
            let questions = questions.iter().enumerate().filter(of_article);
            let questions: Vec<String> = questions.map(|(_, one)| one.text.clone()).collect();
            if !questions.is_empty() {
                self.topics.push(Topic { article, questions });
            }
        }
    }

    /// How many topics there are: article `n` is of topic `n % topics()`.
    pub(crate) const fn topics(&self) -> usize {
        self.topics.len()
    }

    /// An article of the topic of its number, like no other.
    pub(crate) fn article(&self, number: usize, random: &mut Random) -> Article {
        let own = &self.topics[number % self.topics()].article;
        if number < self.topics() {
            return own.clone();
        }
        let mut article = own.clone();
        let other = random.one_of(&self.topics);
        let title = format!("{} – {}", own.title, other.article.title);
        article.title = title.chars().take(TITLE_CHARS_MAX).collect();
        article.body.push_str("\n\n");
        article
            .body
            .push_str(&self.sentences(ARTICLE_SENTENCES, random));
        article
    }

    /// What somebody asks of a topic.
    pub(crate) fn ticket(&self, topic: usize, random: &mut Random) -> Asked {
        let question = random.one_of(&self.topics[topic].questions);
        let count = random.below(TICKET_SENTENCES + 1);
        let more = self.sentences(count, random);
        Asked {
            subject: question.chars().take(200).collect(),
            description: format!("{question}\n\n{more}"),
        }
    }

    /// A comment: some sentences.
    pub(crate) fn comment(&self, random: &mut Random) -> String {
        let count = 1 + random.below(TICKET_SENTENCES);
        self.sentences(count, random)
    }

    fn sentences(&self, count: usize, random: &mut Random) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let topic = random.one_of(&self.topics);
            let from = if random.chance(50) {
                &topic.article.body
            } else {
                random.one_of(&topic.questions)
            };
            let sentences: Vec<&str> = from.split_inclusive(['.', '?', '!']).collect();
            text.push_str(random.one_of(&sentences).trim());
            text.push(' ');
        }
        text
    }
}

/// The paragraphs of our own documentation, asked for by their sentences.
fn documentation() -> Result<(Vec<Article>, Vec<Question>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let (mut articles, mut questions) = (Vec::new(), Vec::new());
    for name in ["api.md", "operations.md", "import.md"] {
        let text = read_to_string(folder.join(name))?;
        for paragraph in text.split("\n\n") {
            let words: Vec<&str> = paragraph.split_whitespace().collect();
            if words.len() < PARAGRAPH_WORDS_MIN {
                continue;
            }
            let key = format!("{name} {}", articles.len());
            questions.extend(words.chunks(12).map(|words| Question {
                text: words.join(" "),
                answers: vec![key.clone()],
            }));
            articles.push(Article {
                key,
                locale: "en",
                title: words[..8].join(" "),
                body: words.join(" "),
            });
        }
    }
    Ok((articles, questions))
}
