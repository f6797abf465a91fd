//! Bags as vectors of length one, whose products say how alike they are, from 0 to 1: tf–idf with logarithms and cosine,
//! `ltc.ltc` of Salton & Buckley (1988).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bag::Bag;

/// A word that a larger part of the texts has joins everything with everything.
const FREQUENT_SHARE: f32 = 0.2;
/// Among few texts each word is frequent.
const FREQUENT_MIN: f32 = 20.0;

/// The vectors of some texts, by their places.
pub(super) struct Vectors {
    /// The stem of each word, in their order.
    pub(super) stems: Vec<Box<str>>,
    /// The words of each text, in their order, with what they weigh.
    pub(super) texts: Vec<Vec<(u32, f32)>>,
    /// The texts that have each word.
    having: Vec<Vec<(u32, f32)>>,
}

impl Vectors {
    pub(super) fn of(bags: &[Arc<Bag>]) -> Self {
        let mut counts: FxHashMap<&str, u32> = FxHashMap::default();
        for word in bags.iter().flat_map(|bag| &bag.0) {
            *counts.entry(&word.stem).or_default() += 1;
        }
        let all = to_f32(bags.len());
        let frequent = (all * FREQUENT_SHARE).max(FREQUENT_MIN);
        // What one text alone has makes it less like others, but need not be looked up.
        let is_shared = |count: u32| count > 1 && to_f32(count as usize) <= frequent;
        let mut stems: Vec<&str> = counts
            .iter()
            .filter(|(_, count)| is_shared(**count))
            .map(|(stem, _)| *stem)
            .collect();
        stems.sort_unstable();
        let numbers: FxHashMap<&str, u32> = stems.iter().copied().zip(0..).collect();
        let rarity = |stem: &str| (1.0 + all / to_f32(counts[stem] as usize)).ln();
        let mut having = vec![Vec::new(); stems.len()];
        let mut texts = Vec::with_capacity(bags.len());
        for (place, bag) in (0_u32..).zip(bags) {
            let weights: Vec<f32> = bag
                .0
                .iter()
                .map(|word| (1.0 + f32::from(word.times).ln()) * rarity(&word.stem))
                .collect();
            let length = weights
                .iter()
                .map(|weight| weight * weight)
                .sum::<f32>()
                .sqrt();
            let mut text = Vec::new();
            for (word, weight) in bag.0.iter().zip(weights) {
                if let Some(number) = numbers.get(&*word.stem) {
                    let weight = weight / length;
                    text.push((*number, weight));
                    having[*number as usize].push((place, weight));
                }
            }
            texts.push(text);
        }
        Self {
            stems: stems.into_iter().map(Box::from).collect(),
            texts,
            having,
        }
    }

    /// How alike each of the texts is to one of them, written into `row`.
    pub(super) fn compare(&self, place: usize, row: &mut [f32]) {
        row.fill(0.0);
        for (word, weight) in &self.texts[place] {
            for (other, others) in &self.having[*word as usize] {
                row[*other as usize] += weight * others;
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of texts and words, a few thousand"
)]
pub(super) const fn to_f32(count: usize) -> f32 {
    count as f32
}
