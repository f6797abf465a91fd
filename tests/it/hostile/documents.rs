//! Documents written to hurt.

/// Each pair of a name and a document that must be refused.
pub(super) fn all() -> Vec<(String, String)> {
    let mut documents: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, document: String| documents.push((name.to_owned(), document));
    for (open, close) in [("[", "]"), ("{a:", "}")] {
        let nested = format!("{}1{}", open.repeat(2_000), close.repeat(2_000));
        add(
            "nesting in an argument",
            format!("{{ node(id: {nested}) {{ id }} }}"),
        );
        add(
            "nesting in a default",
            format!("query($a: JSON = {nested}) {{ __typename }}"),
        );
        add(
            "nesting in a directive",
            format!("{{ __typename @skip(if: {nested}) }}"),
        );
        add(
            "nesting in an operation's directive",
            format!("query @d(a: {nested}) {{ __typename }}"),
        );
    }
    add(
        "nested selections",
        format!("{}a{}", "{a".repeat(2_000), "}".repeat(2_000)),
    );
    add(
        "nested inline fragments",
        format!("{}a{}", "{...".repeat(2_000), "}".repeat(2_000)),
    );
    add(
        "a nested type",
        format!(
            "query($a: {}Int{}) {{ __typename }}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        ),
    );
    add("brackets only", "[".repeat(16_000));
    add("a chain of fragments", chain(22));
    add("a long chain of fragments", chain(49));
    add(
        "a cycle of fragments",
        "{...A} fragment A on Query{...B} fragment B on Query{...A}".to_owned(),
    );
    let flood = |count: usize, item: &dyn Fn(usize) -> String| {
        (0..count).map(item).collect::<Vec<_>>().join(" ")
    };
    add(
        "31 aliases",
        format!("{{ {} }}", flood(31, &|n| format!("a{n}: __typename"))),
    );
    add(
        "600 aliases",
        format!("{{ {} }}", flood(600, &|n| format!("a{n}: __typename"))),
    );
    add(
        "51 directives",
        format!("{{ __typename {} }}", "@include(if: true) ".repeat(51)),
    );
    add(
        "21 root fields",
        format!(
            "{{ {} }}",
            flood(21, &|n| format!("a{n}: levels {{ rank }}"))
        ),
    );
    add(
        "6 mutations",
        format!(
            "mutation {{ {} }}",
            flood(6, &|n| format!(
                "a{n}: signOut(input: {{}}) {{ __typename }}"
            ))
        ),
    );
    add(
        "too deep",
        format!(
            "{{ viewer {}id{} }}",
            "{ teams { members(first: 1) { nodes ".repeat(6),
            "} } }".repeat(6)
        ),
    );
    add(
        "many tokens",
        format!("{{ {} }}", "__typename ".repeat(1_400)),
    );
    add(
        "a long comment",
        format!("{{ __typename }} #{}", "x".repeat(20_000)),
    );
    add("an open string", "{ node(id: \"".to_owned());
    add(
        "an open block string",
        format!("{{ node(id: \"\"\"{}", "x".repeat(10_000)),
    );
    add("a NUL", "{ __typename \u{0} }".to_owned());
    add("nothing", String::new());
    add(
        "a huge number",
        format!(
            "{{ ticket(by: {{ number: {} }}) {{ id }} }}",
            "9".repeat(5_000)
        ),
    );
    documents
}

/// Each fragment spreads the next twice: two to the power of its length.
fn chain(length: usize) -> String {
    let links = (0..length).map(|n| format!("fragment F{n} on Query{{...F{0} ...F{0}}}", n + 1));
    format!(
        "{{...F0}}{} fragment F{length} on Query{{__typename}}",
        links.collect::<Vec<_>>().concat()
    )
}
