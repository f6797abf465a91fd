//! Tables as Markdown writes them.

/// The first column is words, the others are numbers.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rule = format!("| --- |{}", " ---: |".repeat(head.len().saturating_sub(1)));
    let rows = rows.iter().map(|row| format!("| {} |", row.join(" | ")));
    let head = format!("| {} |", head.join(" | "));
    let lines: Vec<String> = [head, rule].into_iter().chain(rows).collect();
    format!("\n{}\n", lines.join("\n"))
}
