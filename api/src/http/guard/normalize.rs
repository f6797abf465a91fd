//! What async-graphql 8.0.0-rc.5 leaves to us before it executes an operation.
//!
//! It runs equal fields at the root of a mutation once per occurrence, does not see fragments at the
//! root of a subscription, misses a required variable
//! only when a field needs it, and evaluates `@skip` and `@include` without the defaults of
//! variables. The specification (October 2021, sections 6.3.2 and 6.1.2) has the fields run once,
//! and the variables checked and filled in before anything runs.

use std::sync::Arc;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Value, Variables};

use super::{Rejection, merge, subscription};

/// Checks the variables of an operation, and fills in what the library would not.
pub(crate) fn complete(
    operation: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), Rejection> {
    require_variables(operation, variables)?;
    fill_defaults(operation, variables);
    Ok(())
}

/// Makes one operation of a document, whose variables are complete, mean to the library what it
/// means by the specification. A query means that already, and is not copied.
pub(crate) fn normalize(
    document: &mut Arc<ExecutableDocument>,
    kind: OperationType,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<(), Rejection> {
    if kind == OperationType::Query {
        return Ok(());
    }
    let document = Arc::make_mut(document);
    let Some(operation) = chosen(&mut document.operations, operation_name) else {
        return Err(Rejection::OperationUnknown);
    };
    if kind == OperationType::Subscription {
        subscription::isolate_root_field(operation, &document.fragments, variables)
    } else {
        merge::merge_root_fields(operation, &mut document.fragments, variables)
    }
}

fn chosen<'a>(
    operations: &'a mut DocumentOperations,
    name: Option<&str>,
) -> Option<&'a mut OperationDefinition> {
    let operation = match (operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get_mut(name),
        (DocumentOperations::Multiple(operations), None) => operations.values_mut().next(),
    };
    operation.map(|operation| &mut operation.node)
}

/// The library would find them missing only at the field that uses them, when others have run.
fn require_variables(
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<(), Rejection> {
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        let is_given = variables
            .get(name)
            .is_some_and(|value| *value != Value::Null);
        let may_be_absent =
            definition.node.default_value.is_some() && !variables.contains_key(name);
        if !definition.node.var_type.node.nullable && !is_given && !may_be_absent {
            return Err(Rejection::VariableMissing {
                name: name.to_string(),
                at: vec![definition.pos],
            });
        }
    }
    Ok(())
}

/// Gives booleans, which are all that a condition can name, their default where the client sent
/// nothing.
fn fill_defaults(operation: &OperationDefinition, variables: &mut Variables) {
    for definition in &operation.variable_definitions {
        let default = definition
            .node
            .default_value
            .as_ref()
            .map(|value| &value.node);
        if let Some(Value::Boolean(value)) = default {
            let name = definition.node.name.node.clone();
            variables.entry(name).or_insert(Value::Boolean(*value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::guard::{inspect, parse};
    use async_graphql::{EmptySubscription, Object, Request, Response, Schema, SimpleObject};
    use serde_json::json;
    use std::sync::atomic::{AtomicI32, Ordering};

    #[derive(Default)]
    struct Counter(AtomicI32);

    #[derive(SimpleObject)]
    struct Count {
        value: i32,
        double: i32,
    }

    #[Object]
    impl Counter {
        async fn zero(&self) -> i32 {
            0
        }

        async fn add(&self, by: i32) -> Count {
            let value = self.0.fetch_add(by, Ordering::SeqCst) + by;
            Count {
                value,
                double: value * 2,
            }
        }

        async fn ping(&self) -> i32 {
            self.0.fetch_add(1, Ordering::SeqCst)
        }
    }

    type TestSchema = Schema<Counter, Counter, EmptySubscription>;

    async fn run(
        document: &str,
        variables: serde_json::Value,
        normalized: bool,
    ) -> Result<Response, Rejection> {
        let schema = TestSchema::new(Counter::default(), Counter::default(), EmptySubscription);
        let mut document = Arc::new(parse(document)?);
        let mut variables = Variables::from_json(variables);
        let operation = inspect(&document, None)?.operation;
        let kind = operation.ty;
        if normalized {
            complete(operation, &mut variables)?;
            normalize(&mut document, kind, None, &variables)?;
        }
        let mut request = Request::new("").variables(variables);
        request.set_parsed_query(Arc::unwrap_or_clone(document));
        Ok(schema.execute(request).await)
    }

    async fn data(document: &str, variables: serde_json::Value) -> String {
        let response = run(document, variables, true).await.expect("passes");
        assert_eq!(response.errors, [], "{document}");
        serde_json::to_string(&response.data).expect("serializes")
    }

    #[tokio::test]
    async fn the_library_alone_runs_equal_fields_twice() {
        // When this fails, `merge_root_fields` has become unnecessary.
        let alone = run("mutation { ping ping again: ping }", json!({}), false)
            .await
            .expect("passes");
        assert_eq!(alone.data.to_string(), "{ping: 0, again: 2}");
    }

    #[tokio::test]
    async fn the_library_alone_ignores_defaults_in_conditions() {
        // When this fails, `fill_defaults` has become unnecessary.
        let document = "query($on: Boolean! = true) { zero @include(if: $on) other: zero }";
        let alone = run(document, json!({}), false).await.expect("passes");
        assert_eq!(alone.data.to_string(), "{other: 0}");
    }

    #[tokio::test]
    async fn the_library_alone_runs_fields_before_it_misses_a_variable() {
        // When this fails, `require_variables` has become unnecessary.
        let document = "mutation($n: Int!) { ping add(by: $n) { value } }";
        let alone = run(document, json!({}), false).await.expect("passes");
        assert!(!alone.errors[0].path.is_empty());
    }

    #[tokio::test]
    async fn required_variables_are_required() {
        let document = "query($n: Int!) { add(by: $n) { value } }";
        for missing in [json!({}), json!({ "n": null }), json!({ "m": 1 })] {
            let rejection = run(document, missing, true).await.expect_err("rejected");
            assert_eq!(rejection.code(), "BAD_USER_INPUT");
        }
        assert_eq!(
            data(document, json!({ "n": 3 })).await,
            r#"{"add":{"value":3}}"#
        );
        let default = "query($n: Int! = 2) { add(by: $n) { value } }";
        assert_eq!(data(default, json!({})).await, r#"{"add":{"value":2}}"#);
        assert!(run(default, json!({ "n": null }), true).await.is_err());
    }

    #[tokio::test]
    async fn equal_root_fields_run_once() {
        let answer = r#"{"add":{"value":2,"double":4}}"#;
        for document in [
            "mutation { add(by: 2) { value } add(by: 2) { double } }",
            "mutation { add(by: 2) { value double } ... { add(by: 2) { double } } }",
            "mutation { ... on Counter { add(by: 2) { value } } add(by: 2) { double } }",
            "mutation { ...A ...A } fragment A on Counter { add(by: 2) { value double } }",
            "mutation { ...A add(by: 2) { double } } fragment A on Counter { add(by: 2) { value } }",
            "mutation { add(by: 2) { value } ...A } fragment A on Counter { add(by: 2) { double } }",
            "mutation { ...A ...B } fragment A on Counter { ...C } fragment B on Counter { ...C add(by: 2) { double } } \
             fragment C on Counter { add(by: 2) { value } }",
            "mutation { add(by: 2) { value } add(by: 2) @include(if: true) { ...D } } fragment D on Count { double }",
        ] {
            assert_eq!(data(document, json!({})).await, answer, "{document}");
        }
        assert_eq!(
            data("mutation { ping ping again: ping }", json!({})).await,
            r#"{"ping":0,"again":1}"#
        );
    }

    #[tokio::test]
    async fn what_is_skipped_is_not_merged() {
        let document =
            "mutation($no: Boolean!) { add(by: 2) @skip(if: $no) { value } add(by: 2) { double } }";
        assert_eq!(
            data(document, json!({ "no": true })).await,
            r#"{"add":{"double":4}}"#
        );
        assert_eq!(
            data(document, json!({ "no": false })).await,
            r#"{"add":{"value":2,"double":4}}"#
        );
        let spread = "mutation($no: Boolean! = true) { ...A @skip(if: $no) ...A } fragment A on Counter { ping }";
        assert_eq!(data(spread, json!({})).await, r#"{"ping":0}"#);
    }

    #[tokio::test]
    async fn defaults_count_in_conditions() {
        let document = "query($on: Boolean! = true, $n: Int = 1) { zero @include(if: $on) add(by: $n) { value } }";
        assert_eq!(
            data(document, json!({})).await,
            r#"{"zero":0,"add":{"value":1}}"#
        );
        assert_eq!(
            data(document, json!({ "on": false })).await,
            r#"{"add":{"value":1}}"#
        );
    }

    #[tokio::test]
    async fn unequal_fields_under_one_key_are_refused() {
        let document = "mutation { add(by: 1) { value } ... on Counter { add(by: 2) { value } } }";
        let alone = run(document, json!({}), false).await.expect("passes");
        assert_eq!(alone.errors, [], "the library would run both");
        let rejection = run(document, json!({}), true).await.expect_err("refused");
        assert_eq!(rejection.code(), "GRAPHQL_VALIDATION_FAILED");
    }
}
