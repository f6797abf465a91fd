//! What is wrong with a change of an article or a category.

/// Why an article or a category cannot be what the input says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArticleWhy {
    /// It is published already.
    Published,
    /// Nobody reads it, so it cannot be taken away from them.
    NotPublished,
    /// It would be archived before it is published.
    BeforePublication,
    /// One in the tree and a mere name do not go together.
    TwoCategories,
    /// The category would stand in itself.
    InItself,
    /// The tree would have more floors than `max`.
    TooDeep { max: usize },
}

impl ArticleWhy {
    pub(super) fn in_english(self) -> String {
        match self {
            Self::Published => "This article is published already.".to_owned(),
            Self::NotPublished => {
                "This article is not published, and no time is set for it.".to_owned()
            }
            Self::BeforePublication => "It must be after it is published.".to_owned(),
            Self::TwoCategories => "Give either a category or a categoryId.".to_owned(),
            Self::InItself => "A category cannot stand in itself.".to_owned(),
            Self::TooDeep { max } => format!("Categories stand in at most {max} levels."),
        }
    }

    pub(super) fn in_french(self) -> String {
        match self {
            Self::Published => "Cet article est déjà publié.".to_owned(),
            Self::NotPublished => {
                "Cet article n’est pas publié, et aucune heure n’est prévue pour cela.".to_owned()
            }
            Self::BeforePublication => "Ce doit être après sa publication.".to_owned(),
            Self::TwoCategories => "Donnez soit category, soit categoryId.".to_owned(),
            Self::InItself => "Une catégorie ne peut pas se contenir elle-même.".to_owned(),
            Self::TooDeep { max } => format!("Les catégories ont {max} niveaux au plus."),
        }
    }
}
