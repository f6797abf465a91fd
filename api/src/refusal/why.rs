//! What can be wrong with a value, in French and English.

use super::{ArticleWhy, CredentialWhy, TokenWhy, WebhookWhy};

/// What is wrong with a value that is there and short enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    ControlCharacter,
    Email,
    Url,
    Slug,
    Locale,
    Key,
    NoChoices,
    TooMany {
        max: usize,
    },
    LinksTowards {
        max: usize,
    },
    OutOfRange {
        min: i32,
        max: i32,
    },
    NotAnAgent,
    NotInTeam,
    InThePast,
    TooFarAway,
    OnlyWhenScheduled,
    Password {
        min: usize,
    },
    Level,
    Filter,
    StandardQueue,
    Reserved,
    BodyOrUrl,
    NotForRequesters,
    Itself,
    Oneself,
    LastAdmin,
    /// Between the desk and its external teams.
    OtherSide,
    TimeZone,
    NeverOpen,
    ICalendar,
    InUse,
    Target,
    EmptyInterval,
    Rank,
    LowerLevel,
    Closed,
    NotMerged,
    MergedTickets {
        max: usize,
    },
    InternalComment,
    OtherReaders,
    RatingLink,
    FileType,
    /// An upload whose file did not come yet.
    NotUploaded,
    HasDraft,
    Merged,
    /// Of an article or a category.
    Article(ArticleWhy),
    Token(TokenWhy),
    Webhook(WebhookWhy),
    Credential(CredentialWhy),
}

impl Why {
    pub(super) fn in_english(self) -> String {
        match self {
            Self::ControlCharacter => "It contains a character that is not allowed.".to_owned(),
            Self::Email => "This is not an e-mail address.".to_owned(),
            Self::Url => "This is not an http or https address.".to_owned(),
            Self::Slug => "Only letters, digits and hyphens.".to_owned(),
            Self::Locale => "Only fr and en.".to_owned(),
            Self::Key => {
                "Lower-case letters, digits, hyphens and underscores, a letter first.".to_owned()
            }
            Self::NoChoices => "Fields of this type have no choices.".to_owned(),
            Self::TooMany { max } => format!("At most {max}."),
            Self::LinksTowards { max } => {
                format!("As many tickets as possible are linked to it already: {max}.")
            }
            Self::OutOfRange { min, max } => format!("From {min} to {max}."),
            Self::NotAnAgent => "Tickets can be assigned to agents only.".to_owned(),
            Self::NotInTeam => "This agent is not a member of the team.".to_owned(),
            Self::InThePast => "This time is over already.".to_owned(),
            Self::TooFarAway => "This time is too far away.".to_owned(),
            Self::OnlyWhenScheduled => {
                "A time goes with the reason SCHEDULED, and only with it.".to_owned()
            }
            Self::Password { min } => format!("At least {min} characters."),
            Self::Level => "There is no level of this rank.".to_owned(),
            Self::Filter => "This filter cannot be used.".to_owned(),
            Self::StandardQueue => {
                "This queue is there for everybody: save one of your own instead.".to_owned()
            }
            Self::Reserved => "This cannot be set here.".to_owned(),
            Self::BodyOrUrl => "An article has either a body or a url.".to_owned(),
            Self::NotForRequesters => "Requesters cannot be members of a team.".to_owned(),
            Self::Itself => "It must be another ticket.".to_owned(),
            Self::Oneself => "Not to yourself.".to_owned(),
            Self::LastAdmin => "There must be one admin at least.".to_owned(),
            Self::OtherSide => {
                "Only an admin changes whether somebody sees the whole desk.".to_owned()
            }
            Self::TimeZone => "This is no time zone, such as Europe/Paris.".to_owned(),
            Self::NeverOpen => "This calendar would never be open.".to_owned(),
            Self::ICalendar => "This is not an iCalendar text, or it is too long.".to_owned(),
            Self::InUse => "This is in use.".to_owned(),
            Self::Target => "From one second to a year of 8,784 hours.".to_owned(),
            Self::Rank => "A rank is a number from 1 to 32,767.".to_owned(),
            Self::LowerLevel => "It must be a higher level.".to_owned(),
            Self::EmptyInterval => {
                "An interval must end at another time than it starts.".to_owned()
            }
            Self::Closed => "This ticket is closed.".to_owned(),
            Self::NotMerged => "This ticket is not merged into another.".to_owned(),
            Self::MergedTickets { max } => {
                format!("One ticket can hold {max} merged ones at most.")
            }
            Self::InternalComment => "This comment is internal.".to_owned(),
            Self::OtherReaders => "Others will read the new ticket.".to_owned(),
            Self::RatingLink => "This is not a rating link.".to_owned(),
            Self::FileType => "Files of this type are not taken.".to_owned(),
            Self::NotUploaded => "The file was not uploaded yet.".to_owned(),
            Self::Merged => "This ticket is merged into another: take that one.".to_owned(),
            Self::HasDraft => {
                "There is a draft from this ticket already: finish that one.".to_owned()
            }
            Self::Article(why) => why.in_english(),
            Self::Token(why) => why.in_english(),
            Self::Webhook(why) => why.in_english(),
            Self::Credential(why) => why.in_english().to_owned(),
        }
    }

    pub(super) fn in_french(self) -> String {
        match self {
            Self::ControlCharacter => "Un caractère n’est pas permis.".to_owned(),
            Self::Email => "Ce n’est pas une adresse électronique.".to_owned(),
            Self::Url => "Ce n’est pas une adresse http ou https.".to_owned(),
            Self::Slug => "Lettres, chiffres et traits d’union seulement.".to_owned(),
            Self::Locale => "fr ou en seulement.".to_owned(),
            Self::Key => {
                "Minuscules, chiffres, traits d’union et soulignés, en commençant par une lettre."
                    .to_owned()
            }
            Self::NoChoices => "Un champ de ce type n’a pas de choix.".to_owned(),
            Self::TooMany { max } => format!("{max} au plus."),
            Self::LinksTowards { max } => {
                format!("Autant de tickets que possible y sont déjà liés : {max}.")
            }
            Self::OutOfRange { min, max } => format!("De {min} à {max}."),
            Self::NotAnAgent => "Un ticket ne peut être attribué qu’à un agent.".to_owned(),
            Self::NotInTeam => "Cet agent n’est pas membre de l’équipe.".to_owned(),
            Self::InThePast => "Cette heure est déjà passée.".to_owned(),
            Self::TooFarAway => "Cette heure est trop lointaine.".to_owned(),
            Self::OnlyWhenScheduled => {
                "Une heure va avec la raison SCHEDULED, et avec elle seule.".to_owned()
            }
            Self::Password { min } => format!("{min} caractères au moins."),
            Self::Level => "Il n’y a pas de niveau de ce rang.".to_owned(),
            Self::Filter => "Ce filtre ne peut pas être utilisé.".to_owned(),
            Self::StandardQueue => {
                "Cette file est là pour tous : enregistrez plutôt la vôtre.".to_owned()
            }
            Self::Reserved => "Cela ne se règle pas ici.".to_owned(),
            Self::BodyOrUrl => "Un article a soit un texte, soit une adresse.".to_owned(),
            Self::NotForRequesters => {
                "Un demandeur ne peut pas être membre d’une équipe.".to_owned()
            }
            Self::Itself => "Il faut un autre ticket.".to_owned(),
            Self::Oneself => "Pas à vous-même.".to_owned(),
            Self::LastAdmin => "Il faut au moins un administrateur.".to_owned(),
            Self::OtherSide => {
                "Seul un administrateur décide si quelqu’un voit tout le guichet.".to_owned()
            }
            Self::TimeZone => "Ce n’est pas un fuseau horaire, comme Europe/Paris.".to_owned(),
            Self::NeverOpen => "Ce calendrier ne serait jamais ouvert.".to_owned(),
            Self::ICalendar => "Ce n’est pas un texte iCalendar, ou il est trop long.".to_owned(),
            Self::InUse => "Cet élément est utilisé.".to_owned(),
            Self::Target => "D’une seconde à un an de 8 784 heures.".to_owned(),
            Self::Rank => "Un rang est un nombre de 1 à 32 767.".to_owned(),
            Self::LowerLevel => "Il faut un niveau plus élevé.".to_owned(),
            Self::EmptyInterval => {
                "Un intervalle doit finir à une autre heure qu’il ne commence.".to_owned()
            }
            Self::Closed => "Ce ticket est fermé.".to_owned(),
            Self::NotMerged => "Ce ticket n’est pas fusionné avec un autre.".to_owned(),
            Self::MergedTickets { max } => {
                format!("Un ticket peut en réunir {max} autres au plus.")
            }
            Self::InternalComment => "Ce commentaire est interne.".to_owned(),
            Self::OtherReaders => "D’autres liront le nouveau ticket.".to_owned(),
            Self::RatingLink => "Ce n’est pas un lien d’évaluation.".to_owned(),
            Self::FileType => "Les fichiers de ce type ne sont pas acceptés.".to_owned(),
            Self::NotUploaded => "Le fichier n’a pas encore été envoyé.".to_owned(),
            Self::Merged => "Ce ticket est fusionné avec un autre : prenez celui-là.".to_owned(),
            Self::HasDraft => {
                "Il y a déjà un brouillon tiré de ce ticket : terminez celui-là.".to_owned()
            }
            Self::Article(why) => why.in_french(),
            Self::Token(why) => why.in_french(),
            Self::Webhook(why) => why.in_french(),
            Self::Credential(why) => why.in_french().to_owned(),
        }
    }
}
