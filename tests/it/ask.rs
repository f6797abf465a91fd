//! Short ways to ask, and to show many answers in one snapshot.

use std::fmt::{self, Display, Formatter};

use harness::Client;
use serde_json::{Value, json};

/// Sends one mutation with its input, and selects `selection` of its payload beside the errors.
pub(crate) async fn mutate(
    client: &Client,
    mutation: &str,
    selection: &str,
    input: Value,
) -> Value {
    let (first, rest) = mutation.split_at(1);
    let input_type = format!("{}{rest}Input", first.to_uppercase());
    let document = format!(
        "mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code message field allowed }} }} }}"
    );
    client.run(&document, json!({ "input": input })).await
}

/// How an answer to one mutation ended, in a word: `ok`, or the codes of what is wrong.
pub(crate) fn outcome(answer: &Value) -> String {
    let codes = |errors: &Value, code: &str| {
        let errors = errors.as_array().cloned().unwrap_or_default();
        let codes = errors.iter().map(|error| {
            let code = error.pointer(code).and_then(Value::as_str);
            code.unwrap_or("no code").to_owned()
        });
        codes.collect::<Vec<_>>().join("+")
    };
    if !answer["errors"].is_null() {
        return codes(&answer["errors"], "/extensions/code");
    }
    let payload = answer["data"]
        .as_object()
        .and_then(|data| data.values().next());
    match codes(&payload.expect("one mutation")["userErrors"], "/code") {
        none if none.is_empty() => "ok".to_owned(),
        codes => codes,
    }
}

/// Named answers, each whole on a line.
#[derive(Default)]
pub(crate) struct Answers(Vec<String>);

impl Answers {
    pub(crate) fn add(&mut self, name: &str, answer: &Value) {
        self.0.push(format!("{name}: {answer}"));
    }
}

impl Display for Answers {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.join("\n"))
    }
}
