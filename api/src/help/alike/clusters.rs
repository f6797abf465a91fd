//! Groups of texts that are alike on average: hierarchical clustering by average linkage (UPGMA, Sokal & Michener 1958),
//! made by chains of nearest neighbours (Murtagh 1983) and cut where groups are less alike than a threshold.
//!
//! It takes the square of the number of texts in time and memory, and gives the same groups whenever it has the same
//! texts in the same order.

use super::vectors::{Vectors, to_f32};

/// Groups are joined as long as their texts are as alike on average.
pub(super) const ALIKE_MIN: f32 = 0.2;

/// The groups of more than one text, each with its texts in their order, in the order of their first texts.
pub(super) fn clusters(vectors: &Vectors) -> Vec<Vec<usize>> {
    clusters_of(Matrix::of(vectors))
}

pub(super) fn clusters_of(mut alike: Matrix) -> Vec<Vec<usize>> {
    let size = alike.size;
    let mut members: Vec<Vec<usize>> = (0..size).map(|place| vec![place]).collect();
    let mut is_open = vec![true; size];
    let mut chain: Vec<usize> = Vec::new();
    let mut start = 0;
    loop {
        let Some(&last) = chain.last() else {
            while start < size && !is_open[start] {
                start += 1;
            }
            if start == size {
                break;
            }
            chain.push(start);
            continue;
        };
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        match alike.nearest(last, before, &is_open) {
            // Joining others never makes two groups more alike than one of these was, so this one is done.
            None => {
                is_open[last] = false;
                chain.pop();
            }
            Some(other) if Some(other) == before => {
                chain.truncate(chain.len() - 2);
                let (kept, gone) = (last.min(other), last.max(other));
                alike.join(kept, gone, [members[kept].len(), members[gone].len()]);
                is_open[gone] = false;
                let joined = std::mem::take(&mut members[gone]);
                members[kept].extend(joined);
            }
            Some(other) => chain.push(other),
        }
    }
    members.retain(|members| members.len() > 1);
    for members in &mut members {
        members.sort_unstable();
    }
    members
}

/// How alike each two groups are on average.
pub(super) struct Matrix {
    pub(super) size: usize,
    pub(super) rows: Vec<f32>,
}

impl Matrix {
    fn of(vectors: &Vectors) -> Self {
        let size = vectors.texts.len();
        let mut rows = vec![0.0; size * size];
        if size > 0 {
            for (place, row) in rows.chunks_exact_mut(size).enumerate() {
                vectors.compare(place, row);
            }
        }
        Self { size, rows }
    }

    fn row(&self, place: usize) -> &[f32] {
        &self.rows[place * self.size..(place + 1) * self.size]
    }

    /// The open group that is most like one, if it is alike at all: of several `before`, so that chains end, then the
    /// first.
    fn nearest(&self, place: usize, before: Option<usize>, is_open: &[bool]) -> Option<usize> {
        let row = self.row(place);
        let mut nearest = before.filter(|before| row[*before] >= ALIKE_MIN);
        let mut most = nearest.map_or(0.0, |before| row[before]);
        for (other, alike) in row.iter().enumerate() {
            if *alike > most && *alike >= ALIKE_MIN && other != place && is_open[other] {
                (nearest, most) = (Some(other), *alike);
            }
        }
        nearest
    }

    /// Makes one group of two: it is like others as its texts are on average.
    fn join(&mut self, kept: usize, gone: usize, sizes: [usize; 2]) {
        let [one, other] = sizes.map(to_f32);
        for place in 0..self.size {
            let of_kept = self.rows[kept * self.size + place];
            let of_gone = self.rows[gone * self.size + place];
            let alike = (one * of_kept + other * of_gone) / (one + other);
            self.rows[kept * self.size + place] = alike;
            self.rows[place * self.size + kept] = alike;
        }
    }
}
