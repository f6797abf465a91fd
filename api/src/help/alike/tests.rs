use std::sync::Arc;

use proptest::prelude::*;

use super::{
    bag::Bag,
    clusters::{ALIKE_MIN, Matrix, clusters, clusters_of},
    vectors::{Vectors, to_f32},
};

fn vectors(texts: &[&str]) -> Vectors {
    let bags: Vec<Arc<Bag>> = texts.iter().map(|text| Arc::new(Bag::of(text))).collect();
    Vectors::of(&bags)
}

#[test]
fn texts_that_say_the_same_are_one_group() {
    let groups = clusters(&vectors(&[
        "The printer on the second floor is jammed",
        "L'imprimante du deuxième étage est bloquée",
        "Printers jam every day",
        "I cannot connect to the VPN from home",
        "Imprimantes bloquées au deuxième étage",
        "The VPN does not connect",
        "Please order a new laptop",
        "My printer is jammed again",
    ]));
    assert_eq!(groups, [vec![0, 2, 7], vec![1, 4], vec![3, 5]]);
}

#[test]
fn texts_without_words_are_like_nothing() {
    assert_eq!(
        clusters(&vectors(&["", "the", "?", "the of", ""])),
        [[0; 0]; 0]
    );
    assert_eq!(clusters(&vectors(&[])), [[0; 0]; 0]);
}

#[test]
fn a_text_is_most_like_itself() {
    let vectors = vectors(&["printer jam", "printer jam", "printer paper", "laptop"]);
    let mut row = [9.0; 4];
    vectors.compare(0, &mut row);
    assert!((row[1] - 1.0).abs() < 1e-6, "{row:?}");
    assert!(row[1] > row[2] && row[2] > 0.0 && row[3] <= 0.0, "{row:?}");
}

/// Joins the two groups that are most alike, again and again.
fn plainly(size: usize, alike: &[f32]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..size).map(|place| vec![place]).collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for one in 0..groups.len() {
            for other in 0..one {
                let pairs = groups[one]
                    .iter()
                    .flat_map(|a| groups[other].iter().map(move |b| alike[a * size + b]));
                let sum: f64 = pairs.map(f64::from).sum();
                let mean = sum / f64::from(to_f32(groups[one].len() * groups[other].len()));
                if mean >= f64::from(ALIKE_MIN) && best.is_none_or(|(most, ..)| mean > most) {
                    best = Some((mean, one, other));
                }
            }
        }
        let Some((_, one, other)) = best else { break };
        let joined = groups.swap_remove(one);
        groups[other].extend(joined);
    }
    groups.retain(|group| group.len() > 1);
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort();
    groups
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Chains of nearest neighbours are only a faster way.
    #[test]
    fn chains_make_the_groups_of_the_plain_method(
        size in 1..14_usize,
        values in proptest::collection::vec(0.0..0.6_f32, 14 * 14),
    ) {
        let mut alike = vec![1.0; size * size];
        for one in 0..size {
            for other in 0..one {
                alike[one * size + other] = values[one * 14 + other];
                alike[other * size + one] = values[one * 14 + other];
            }
        }
        let expected = plainly(size, &alike);
        prop_assert_eq!(clusters_of(Matrix { size, rows: alike }), expected);
    }
}
