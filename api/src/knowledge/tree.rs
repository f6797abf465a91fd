//! The tree of categories, in memory: pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{article_category as category, ids::ArticleCategoryId, user::Locale};

use crate::refusal::{ArticleWhy, Refusal, Why};

/// Levels of the tree.
const DEPTH_MAX: usize = 6;

/// All categories.
pub type Rows = BTreeMap<ArticleCategoryId, category::Model>;

/// All categories, and which stand in which.
pub struct Tree<'a> {
    rows: &'a Rows,
    children: HashMap<Option<ArticleCategoryId>, Vec<&'a category::Model>>,
}

impl<'a> Tree<'a> {
    pub fn new(rows: &'a Rows) -> Self {
        let mut children: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.values() {
            children.entry(row.parent_id).or_default().push(row);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|row| (row.position, row.id));
        }
        Self { rows, children }
    }

    pub fn has(&self, id: ArticleCategoryId) -> bool {
        self.rows.contains_key(&id)
    }

    /// All of them, each before those that stand in it, siblings in their order.
    pub fn in_order(&self) -> Vec<&'a category::Model> {
        let mut ordered = Vec::with_capacity(self.rows.len());
        self.add_below(None, &mut ordered, 0);
        ordered
    }

    fn add_below(
        &self,
        parent: Option<ArticleCategoryId>,
        ordered: &mut Vec<&'a category::Model>,
        depth: usize,
    ) {
        if depth >= DEPTH_MAX {
            return;
        }
        for row in self.children(parent) {
            ordered.push(row);
            self.add_below(Some(row.id), ordered, depth + 1);
        }
    }

    fn children(&self, parent: Option<ArticleCategoryId>) -> &[&'a category::Model] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// A category and what stands in it, at whatever depth.
    pub fn subtree(&self, id: ArticleCategoryId) -> HashSet<ArticleCategoryId> {
        let mut found = HashSet::from([id]);
        let mut below = Vec::new();
        self.add_below(Some(id), &mut below, 0);
        found.extend(below.into_iter().map(|row| row.id));
        found
    }

    /// How many levels a category and what stands in it take; one that is not there yet takes one.
    fn height(&self, id: ArticleCategoryId) -> usize {
        let below = self.children(Some(id)).iter();
        1 + below
            .map(|row| self.height(row.id))
            .max()
            .unwrap_or_default()
    }

    /// The place after the last of those that stand in `parent`.
    pub fn next_position(&self, parent: Option<ArticleCategoryId>) -> i32 {
        let last = self.children(parent).last();
        last.map_or(0, |row| row.position.saturating_add(1))
    }

    /// Refuses to let a category, with all that stands in it, stand in itself or too deep.
    pub fn require_room(
        &self,
        id: ArticleCategoryId,
        parent: Option<ArticleCategoryId>,
    ) -> Result<(), Refusal> {
        let refuse = |why| {
            Err(Refusal::Invalid {
                field: "parentId",
                why: Why::Article(why),
            })
        };
        let Some(parent) = parent else { return Ok(()) };
        let above = path(self.rows, parent);
        if parent == id || above.iter().any(|row| row.id == id) {
            return refuse(ArticleWhy::InItself);
        }
        if above.len() + self.height(id) > DEPTH_MAX {
            return refuse(ArticleWhy::TooDeep { max: DEPTH_MAX });
        }
        Ok(())
    }

    /// Numbers of single categories, each with those of all that stand in it.
    pub fn sums(
        &self,
        counts: &HashMap<ArticleCategoryId, i64>,
    ) -> HashMap<ArticleCategoryId, i64> {
        let mut sums = HashMap::new();
        for (id, count) in counts {
            for row in upwards(self.rows, *id) {
                *sums.entry(row.id).or_default() += count;
            }
        }
        sums
    }
}

/// The way from the top down to a category, and itself.
pub fn path(rows: &Rows, id: ArticleCategoryId) -> Vec<&category::Model> {
    let mut path: Vec<_> = upwards(rows, id).collect();
    path.reverse();
    path
}

fn upwards(rows: &Rows, id: ArticleCategoryId) -> impl Iterator<Item = &category::Model> {
    let row = |id: ArticleCategoryId| rows.get(&id);
    std::iter::successors(row(id), move |at| at.parent_id.and_then(row)).take(DEPTH_MAX)
}

/// A category's name for a reader.
pub fn name_in(category: &category::Model, locale: Locale) -> &str {
    match locale {
        Locale::En => &category.name_en,
        Locale::Fr => &category.name_fr,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> ArticleCategoryId {
        ArticleCategoryId(Uuid::from_u128(n))
    }

    /// Each with its parent and its place.
    fn rows(places: &[(u128, Option<u128>, i32)]) -> Rows {
        let row = |&(n, parent, position): &(u128, Option<u128>, i32)| {
            let row = category::Model {
                id: id(n),
                parent_id: parent.map(id),
                name_en: format!("en {n}"),
                name_fr: format!("fr {n}"),
                position,
                created_at: DateTime::UNIX_EPOCH,
                updated_at: DateTime::UNIX_EPOCH,
            };
            (row.id, row)
        };
        places.iter().map(row).collect()
    }

    fn ids(rows: &[&category::Model]) -> Vec<ArticleCategoryId> {
        rows.iter().map(|row| row.id).collect()
    }

    #[test]
    fn a_tree_is_told_from_the_top_down() {
        let rows = rows(&[
            (1, None, 5),
            (2, None, 1),
            (3, Some(1), 0),
            (4, Some(3), 0),
            (5, Some(1), 0),
        ]);
        let tree = Tree::new(&rows);
        assert_eq!(ids(&tree.in_order()), [2, 1, 3, 4, 5].map(id));
        assert_eq!(ids(&path(&rows, id(4))), [1, 3, 4].map(id));
        assert_eq!(tree.subtree(id(1)), HashSet::from([1, 3, 4, 5].map(id)));
        assert_eq!(tree.subtree(id(2)), HashSet::from([id(2)]));
        assert_eq!(tree.next_position(None), 6);
        assert_eq!(tree.next_position(Some(id(2))), 0);
        let counts = HashMap::from([(id(4), 2), (id(5), 1), (id(2), 4)]);
        let sums = tree.sums(&counts);
        assert_eq!(sums.get(&id(1)), Some(&3));
        assert_eq!(sums.get(&id(3)), Some(&2));
        assert_eq!(sums.get(&id(2)), Some(&4));
    }

    #[test]
    fn a_category_never_stands_in_itself_nor_too_deep() {
        let chain: Vec<_> = (1..=6)
            .map(|n| (n, (n > 1).then(|| n - 1), 0))
            .chain([(7, None, 0), (8, Some(7), 0)])
            .collect();
        let rows = rows(&chain);
        let tree = Tree::new(&rows);
        let why = |of: u128, parent: u128| match tree.require_room(id(of), Some(id(parent))) {
            Err(Refusal::Invalid { why, .. }) => Some(why),
            _ => None,
        };
        let (in_itself, too_deep) = (
            Some(Why::Article(ArticleWhy::InItself)),
            Some(Why::Article(ArticleWhy::TooDeep { max: 6 })),
        );
        assert_eq!(why(1, 1), in_itself);
        assert_eq!(why(1, 6), in_itself);
        assert_eq!(why(7, 8), in_itself);
        assert_eq!(why(9, 5), None);
        assert_eq!(why(9, 6), too_deep);
        // It takes what stands in it along.
        assert_eq!(why(7, 4), None);
        assert_eq!(why(7, 5), too_deep);
        assert!(tree.require_room(id(6), None).is_ok());
    }
}
