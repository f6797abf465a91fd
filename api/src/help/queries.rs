//! What is suggested to somebody, through what they may see.

use std::collections::HashMap;

use entity::{
    article, article_translation as translation,
    ids::{ArticleId, HelpSessionId, TicketId},
    ticket,
    user::Locale,
};
use tokio::task::spawn_blocking;

use super::{
    highlight::excerpt_html,
    rank::{self, Audience, QUERY_CHARS_MAX},
    session::{self, ARTICLES_MAX, HelpSession},
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    knowledge,
    policy::{self, Scope},
    text::{
        self,
        analysis::{guess_language, tokens},
        beginning, markdown,
    },
    ticket as tickets,
};

/// From this word on there is something to go by.
const WORDS_MIN: usize = 3;
/// Below this nothing that is known is near enough to be worth reading.
const CONFIDENCE_MIN: f32 = 0.03;

/// What somebody is typing.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub text: String,
    pub subject: Option<String>,
    /// The language that they read, if it is not their own.
    pub locale: Option<Locale>,
    pub first: Option<i32>,
}

/// What may help.
#[derive(Clone, Debug)]
pub struct Found {
    /// The name of the session.
    pub session: String,
    pub articles: Vec<Offer>,
    pub tickets: Vec<(ticket::Model, f32)>,
    /// The rank of a level, and its share of the votes.
    pub level: Option<(i16, f32)>,
    pub confidence: f32,
}

/// An article, how well it answers from 0 to 1, and where.
#[derive(Clone, Debug)]
pub struct Offer {
    pub article: article::Model,
    pub score: f32,
    pub excerpt_html: String,
}

/// The articles that may answer what is being typed, and for staff solved tickets that are alike and a level.
pub async fn suggest(app: &App, actor: &Actor, asked: &Asked) -> Result<Found> {
    let first = first_of(asked)?;
    let text = text_of(asked)?;
    let suggested = if tokens(&text).take(WORDS_MIN).count() < WORDS_MIN {
        rank::Suggestions::default()
    } else {
        let (snapshot, audience) = (app.help.snapshot().await, audience_of(actor));
        let meanings = match &app.help.embedding {
            Some(embedding) => embedding.meanings(&text).await,
            None => None,
        };
        let text = text.clone();
        let _turn = app.help.ranking.take().await?;
        let ranking = spawn_blocking(move || {
            let near = meanings.map(|meanings| rank::Cosines(meanings.near()));
            rank::suggest(&snapshot, &audience, &text, near.as_ref(), first)
        });
        ranking.await.map_err(anyhow::Error::from)?
    };
    let is_worth_it = suggested.confidence >= CONFIDENCE_MIN;
    let articles = if is_worth_it {
        offers(app, actor, asked.locale, &text, &suggested.articles).await?
    } else {
        Vec::new()
    };
    let session = HelpSession {
        id: HelpSessionId(app.clock.new_id()),
        at: app.clock.now(),
        articles: articles.iter().map(|offer| offer.article.id).collect(),
        text,
    };
    Ok(Found {
        session: session::name_of(app, actor, &session).await?,
        articles,
        tickets: alike(app, actor, &suggested.tickets).await?,
        level: suggested.level,
        confidence: suggested.confidence,
    })
}

fn first_of(asked: &Asked) -> Result<usize> {
    let first = usize::try_from(asked.first.unwrap_or(3)).unwrap_or(usize::MAX);
    if first > ARTICLES_MAX {
        return Err(Error::BadInput("`first` is from 0 to 10"));
    }
    Ok(first)
}

/// Subject and text as one; a text that begins with its subject says it once.
fn text_of(asked: &Asked) -> Result<String> {
    let parts = [asked.subject.as_deref().unwrap_or_default(), &asked.text];
    let is_long = |part: &&str| part.chars().nth(text::BODY_CHARS_MAX).is_some();
    if parts.iter().any(is_long) {
        return Err(Error::BadInput("a text has at most 65,536 characters"));
    }
    if parts.iter().any(|part| part.contains('\0')) {
        return Err(Error::BadInput("a text contains a control character"));
    }
    let [subject, text] = parts.map(|part| beginning(part.trim(), QUERY_CHARS_MAX));
    if subject.is_empty() || text.starts_with(subject) {
        return Ok(text.to_owned());
    }
    Ok(format!("{subject}\n{text}").trim_end().to_owned())
}

/// Whose evidence counts for somebody. Requesters learn from their organization and from people of none, whether or not
/// tickets are shared: the words stay in the index, only the articles are shown.
fn audience_of(actor: &Actor) -> Audience {
    match policy::scope(actor) {
        Scope::Desk => Audience::Staff,
        Scope::Teams(mut teams) => {
            teams.sort_unstable();
            Audience::Teams(teams)
        }
        Scope::Own { .. } => Audience::Requester(actor.organization_id()),
    }
}

async fn offers(
    app: &App,
    actor: &Actor,
    locale: Option<Locale>,
    text: &str,
    ranked: &[(ArticleId, f32)],
) -> Result<Vec<Offer>> {
    if ranked.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ArticleId> = ranked.iter().map(|(id, _)| *id).collect();
    // The index may be a moment behind: what is not to be seen any more is left out.
    let mut articles = knowledge::find_articles(app, actor, &ids).await?;
    articles.retain(|_, article| article.status == article::Status::Published);
    let texts = knowledge::load_translations(app, &ids).await?;
    let languages = [
        locale.or_else(|| guess_language(text)),
        Some(actor.locale()),
    ];
    let offer = |(id, score): &(ArticleId, f32)| {
        let article = articles.remove(id)?;
        let own = [Some(article.locale)];
        let mut wanted = languages.iter().chain(&own).flatten();
        let texts = texts.get(id)?;
        let of = |language: &Locale| texts.iter().find(|text| text.locale == *language);
        let shown = wanted.find_map(of).or_else(|| texts.first())?;
        Some(Offer {
            excerpt_html: excerpt_html(&plain(shown), text, shown.locale),
            score: *score,
            article,
        })
    };
    Ok(ranked.iter().filter_map(offer).collect())
}

fn plain(text: &translation::Model) -> String {
    match &text.body {
        Some(body) => markdown::to_text(body),
        None => text.summary.clone(),
    }
}

async fn alike(
    app: &App,
    actor: &Actor,
    ranked: &[(TicketId, f32)],
) -> Result<Vec<(ticket::Model, f32)>> {
    if ranked.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<TicketId> = ranked.iter().map(|(id, _)| *id).collect();
    let mut rows: HashMap<TicketId, ticket::Model> = tickets::find_many(app, actor, &ids).await?;
    let found = |(id, score): &(TicketId, f32)| Some((rows.remove(id)?, *score));
    Ok(ranked.iter().filter_map(found).collect())
}
