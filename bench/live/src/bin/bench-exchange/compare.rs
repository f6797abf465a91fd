//! Whether two files say the same.

use std::{collections::BTreeSet, fs::File, io::BufRead, io::BufReader, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

/// What each desk gives by itself.
const OWN: &str = "id";

/// What two files came to.
pub(crate) struct Compared {
    /// Everything that any line of either has, but [`OWN`].
    pub(crate) columns: BTreeSet<String>,
    /// Two lines that differ first, where any do.
    pub(crate) difference: Option<(String, String)>,
}

/// Lines are compared with all that they say, in an order that does not depend on ids.
pub(crate) fn compare(one: &Path, other: &Path) -> Result<Compared> {
    let mut columns = BTreeSet::new();
    let [one, other] = [lines(one, &mut columns)?, lines(other, &mut columns)?];
    let mut pairs = one.iter().zip(&other);
    let difference = pairs.find(|(one, other)| one != other);
    let difference = difference.map(|(one, other)| (one.clone(), other.clone()));
    let counts = (
        format!("{} lines", one.len()),
        format!("{} lines", other.len()),
    );
    Ok(Compared {
        columns,
        difference: difference.or((one.len() != other.len()).then_some(counts)),
    })
}

fn lines(path: &Path, columns: &mut BTreeSet<String>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let mut line: Value = serde_json::from_str(&line?)?;
        let fields = line.as_object_mut().context("not an object")?;
        fields.remove(OWN);
        for name in fields.keys() {
            if !columns.contains(name) {
                columns.insert(name.clone());
            }
        }
        all.push(line.to_string());
    }
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_order_do_not_count_and_everything_else_does() {
        let folder = std::env::temp_dir().join(format!("bench-exchange-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one = file("one", "{\"id\":\"1\",\"a\":1}\n{\"id\":\"2\",\"a\":2}\n");
        let same = file("same", "{\"id\":\"8\",\"a\":2}\n{\"id\":\"9\",\"a\":1}\n");
        let less = file("less", "{\"id\":\"8\",\"a\":1}\n");
        let other = file(
            "other",
            "{\"id\":\"1\",\"a\":1}\n{\"id\":\"2\",\"a\":2,\"b\":3}\n",
        );
        let compared = compare(&one, &same).unwrap();
        assert!(compared.difference.is_none());
        assert_eq!(Vec::from_iter(compared.columns), ["a"]);
        assert!(compare(&one, &less).unwrap().difference.is_some());
        assert!(compare(&one, &other).unwrap().difference.is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
