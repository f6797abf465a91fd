//! Documents written to hurt: each is refused in milliseconds, on a stack an eighth of what a
//! server thread has.

use std::time::{Duration, Instant};

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use proptest::prelude::*;

use super::{Rejection, cost, inspect, parse, scan};

const STACK_BYTES: usize = 256 * 1024;
/// The parser's frames are several times larger where nothing is optimised.
const PARSER_STACK_BYTES: usize = if cfg!(debug_assertions) { 512 } else { 256 } * 1024;
const DURATION_MAX: Duration = Duration::from_millis(if cfg!(debug_assertions) { 250 } else { 10 });

/// What the guard says to a document, run where a deep recursion would end the test process.
fn verdict(document: &str, stack_bytes: usize) -> Result<u64, Rejection> {
    let document = document.to_owned();
    let guard = move || {
        let start = Instant::now();
        let verdict = parse(&document).and_then(|document| {
            let inspected = inspect(&document, None)?;
            Ok(cost(&document, &inspected, &Variables::default()))
        });
        (verdict, start.elapsed())
    };
    let thread = std::thread::Builder::new()
        .stack_size(stack_bytes)
        .spawn(guard)
        .expect("starts");
    let (verdict, elapsed) = thread.join().expect("does not panic");
    assert!(elapsed < DURATION_MAX, "took {elapsed:?}");
    verdict
}

fn reason(document: &str) -> &'static str {
    let verdict = verdict(document, STACK_BYTES);
    verdict.map_or_else(
        |rejection| rejection.reason(),
        |_| panic!("is not refused: {document}"),
    )
}

fn passes(document: &str) {
    assert_eq!(verdict(document, PARSER_STACK_BYTES), Ok(0));
}

#[test]
fn nesting_is_refused_in_every_position() {
    for (open, close) in [("[", "]"), ("{a:", "}"), ("[{a:", "}]")] {
        let nested = format!("{}1{}", open.repeat(2_000), close.repeat(2_000));
        for document in [
            format!("{{ a(b: {nested}) }}"),
            format!("query($a: A = {nested}) {{ a }}"),
            format!("query($a: A @d(b: {nested})) {{ a }}"),
            format!("query @d(a: {nested}) {{ a }}"),
            format!("{{ a @d(b: {nested}) }}"),
            format!("{{ ...F @d(b: {nested}) }} fragment F on T {{ a }}"),
            format!("{{ ... @d(b: {nested}) {{ a }} }}"),
            format!("{{ ...F }} fragment F on T @d(b: {nested}) {{ a }}"),
        ] {
            assert_eq!(reason(&document), "bracket_depth");
        }
    }
    let selections = |open: &str| format!("{}a{}", open.repeat(2_000), "}".repeat(2_000));
    assert_eq!(reason(&selections("{a")), "bracket_depth");
    assert_eq!(reason(&selections("{...")), "bracket_depth");
    assert_eq!(
        reason(&format!(
            "query($a: {}I{}) {{ a }}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        )),
        "bracket_depth"
    );
    assert_eq!(
        reason(&format!("{{ a{} }}", "(".repeat(2_000))),
        "bracket_depth"
    );
    assert_eq!(reason(&"[".repeat(16_000)), "bracket_depth");
}

#[test]
fn the_deepest_nesting_that_passes_the_scan_is_parsed_on_a_small_stack() {
    for (open, close) in [("[", "]"), ("{a:", "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        passes(&format!("{{ a(b: {}) }}", nested(38)));
        passes(&format!("query($a: A = {}) {{ a }}", nested(39)));
        passes(&format!("{{ a @d(b: {}) }}", nested(38)));
    }
    passes(&format!(
        "query($a: {}I{}) {{ a }}",
        "[".repeat(39),
        "]".repeat(39)
    ));
    for open in ["{a", "{..."] {
        let nested = format!("{}{{a}}{}", open.repeat(39), "}".repeat(39));
        assert_eq!(
            verdict(&nested, PARSER_STACK_BYTES),
            Err(Rejection::TooManyLevels)
        );
    }
}

#[test]
fn chains_of_fragments_are_measured_without_walking_them() {
    let chain = |length: usize| {
        let links = (0..length)
            .map(|n| format!("fragment F{n} on T{{...F{0} ...F{0}}}", n + 1))
            .collect::<Vec<_>>()
            .concat();
        format!("{{...F0}}{links} fragment F{length} on T{{a}}")
    };
    assert_eq!(reason(&chain(22)), "selections");
    assert!(["selections", "levels"].contains(&reason(&chain(49))));
    assert_eq!(reason(&chain(50)), "fragments");
    assert_eq!(
        reason(&chain(22).replace("{...F0}", "{a}")),
        "selections",
        "also where nothing spreads it"
    );

    let line = (0..49)
        .map(|n| format!("fragment F{n} on T{{a{{b{{...F{}}}}}}}", n + 1))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(
        reason(&format!("{{...F0}}{line} fragment F49 on T{{a}}")),
        "levels"
    );
}

#[test]
fn cycles_of_fragments_are_refused() {
    assert_eq!(reason("{...A} fragment A on T{...A}"), "fragment_cycle");
    assert_eq!(
        reason("{...A} fragment A on T{a{...B}} fragment B on T{b{...A}}"),
        "fragment_cycle"
    );
    assert_eq!(
        reason("{a} fragment A on T{...B} fragment B on T{...A}"),
        "fragment_cycle"
    );
    let ring = (0..50)
        .map(|n| format!("fragment F{n} on T{{...F{}}}", (n + 1) % 50))
        .collect::<Vec<_>>()
        .concat();
    assert!(["fragment_cycle", "levels"].contains(&reason(&format!("{{...F0}}{ring}"))));
}

#[test]
fn floods_are_refused() {
    assert_eq!(
        reason(&format!(
            "{{{}}}",
            (0..600)
                .map(|n| format!(" a{n}:b"))
                .collect::<Vec<_>>()
                .concat()
        )),
        "aliases"
    );
    assert_eq!(
        reason(&format!("{{{}}}", " a".repeat(1_000))),
        "root_fields"
    );
    assert_eq!(
        reason(&format!("{{ a {} }}", "@d".repeat(8_000))),
        "directives"
    );
    assert_eq!(
        reason(&format!("{{ a {} }}", "@skip(if:true)".repeat(1_000))),
        "directives"
    );
    assert_eq!(reason(&format!("{{ {} }}", "a ".repeat(8_000))), "tokens");
    assert_eq!(reason(&"!".repeat(16_000)), "tokens");
    assert_eq!(
        reason(&format!("{{ a(b: [{}]) }}", "1 ".repeat(8_000))),
        "tokens"
    );
    assert_eq!(
        reason(&format!("{{ a }}{}", " ".repeat(1 << 20))),
        "document_bytes"
    );
    assert_eq!(
        reason(&format!("{{ a }}{}", "#".repeat(1 << 20))),
        "document_bytes"
    );
    assert_eq!(
        reason(&format!("{{ a }}{}", "#\n".repeat(1 << 20))),
        "document_bytes"
    );
    assert_eq!(
        reason(&format!("{{ a }}{}", ",\u{feff}".repeat(1 << 18))),
        "document_bytes"
    );
}

#[test]
fn introspection_that_multiplies_is_refused() {
    let bomb = "possibleTypes{interfaces{possibleTypes{name}}}";
    for root in [
        "__type(name:\"TimelineEntry\")",
        "__schema{types",
        "a:__schema{types",
    ] {
        let close = "}".repeat(root.matches('{').count());
        assert_eq!(
            reason(&format!("{{{root}{{{bomb}}}{close}}}")),
            "introspection"
        );
    }
    for bomb in [
        "{__type(name:\"Node\"){...A}} fragment A on __Type{possibleTypes{...B}} fragment B on __Type{interfaces{...C}} fragment C on __Type{possibleTypes{name}}",
        "{__schema{queryType{fields{type{fields{type{ofType{fields{name}}}}}}}}}",
        "{__schema{types{inputFields{type{... on __Type{inputFields{type{inputFields{name}}}}}}}}}",
    ] {
        assert_eq!(reason(bomb), "introspection", "{bomb}");
    }
}

#[test]
fn the_standard_introspection_query_passes() {
    assert!(verdict(STANDARD_INTROSPECTION, PARSER_STACK_BYTES).is_ok());
}

/// As graphql-js's `getIntrospectionQuery`, which GraphiQL sends, writes it with all its options.
const STANDARD_INTROSPECTION: &str = "
query IntrospectionQuery {
  __schema {
    description
    queryType { name kind }
    mutationType { name kind }
    subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
    kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
  } } } }
}";

#[test]
fn what_never_ends_is_refused() {
    for unfinished in [
        "{ a(b: \"",
        "{ a(b: \"\"\"",
        "{ a(b: \"\\",
        "{ a(b: \"\"\"\\\"\"\"",
        "{ a",
        "{ a(b: [",
        "{ a # }",
        "{ a(b: \"\n\") }",
    ] {
        assert_eq!(reason(unfinished), "syntax", "{unfinished}");
        assert_eq!(
            reason(&format!("{unfinished}{}", "x".repeat(10_000))),
            "syntax",
            "{unfinished}"
        );
    }
}

#[test]
fn what_is_not_graphql_is_refused() {
    for nonsense in [
        "\0",
        "{ a\0b }",
        "{ \u{202e} }",
        "\u{1f600}",
        "{ a(b: 1.) }",
        "{ a(b: 00) }",
        "'",
        "{ a; }",
        "\u{b}{ a }",
    ] {
        assert_eq!(reason(nonsense), "syntax", "{nonsense:?}");
    }
    for wrong in [
        "",
        "# nothing",
        "{ }",
        "{ a(b:) }",
        "type T { a: Int }",
        "query Q { a } {",
        "mutation",
        "x",
    ] {
        assert_eq!(reason(wrong), "syntax", "{wrong:?}");
    }
    for wrong in [
        "{ a } { b }",
        "query A { a } { b }",
        "query A { a } query A { b }",
        "fragment F on T { a }",
    ] {
        assert_eq!(reason(wrong), "contradiction", "{wrong:?}");
    }
    assert_eq!(
        reason("{ a } fragment F on T { a } fragment F on T { b }"),
        "contradiction"
    );
}

#[test]
fn the_slowest_documents_that_pass_stay_cheap() {
    // The parser reads white space and comments as slowly as words, and meets them again wherever
    // something is optional.
    for filler in [" ", "#\n", ",", "\u{feff}"] {
        let padded = format!("{{ a {} b }}", filler.repeat(16_000 / filler.len()));
        passes(&padded);
    }
}

const WORDS: [&str; 34] = [
    "{",
    "{",
    "{",
    "}",
    "}",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    ":",
    "=",
    "@",
    "!",
    "$",
    "&",
    "|",
    "a",
    "b",
    "on",
    "query",
    "mutation",
    "fragment",
    "F",
    "T",
    "null",
    "true",
    "1",
    "-2.5e3",
    "\"s\"",
    "\"\"\"s\"\"\"",
    "#c\n",
    "$a: Int = 1",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Were the scan to split the text differently, brackets could hide from it.
    #[test]
    fn the_scan_refuses_nothing_that_the_parser_takes(
        words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..40),
        gap in proptest::sample::select(&[" ", "\n", ",", "\u{feff}"][..]),
    ) {
        let document = format!("{{ a {gap}{}", words.join(gap));
        for document in [document.clone(), format!("{document}}}"), words.join(gap)] {
            if let Err(rejection) = scan(&document) {
                prop_assert_eq!(rejection.reason(), "syntax");
                prop_assert!(parse_query(&document).is_err(), "{}", document);
            }
        }
    }

    #[test]
    fn no_text_makes_the_guard_panic(text in "[\\[\\]{}()\"\\\\#a0.@$: \n\u{0}é😀]{0,200}") {
        let _ = verdict(&text, PARSER_STACK_BYTES);
        let _ = verdict(&format!("{{ a(b: \"{text}\") }}"), PARSER_STACK_BYTES);
    }
}
