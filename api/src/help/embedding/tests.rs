use std::sync::Arc;

use super::{
    provider::read,
    vectors::{from_bytes, to_bytes},
};

#[test]
fn answers_are_read_in_the_order_of_the_texts() {
    let answer = br#"{"object":"list","model":"m","data":[
        {"index":1,"embedding":[0,2]}, {"index":0,"embedding":[3,4]}]}"#;
    assert_eq!(read(answer, 2).unwrap(), [vec![0.6, 0.8], vec![0.0, 1.0]]);
    let unnumbered = br#"{"data":[{"embedding":[1]},{"embedding":[-5]}]}"#;
    assert_eq!(read(unnumbered, 2).unwrap(), [vec![1.0], vec![-1.0]]);
}

#[test]
fn what_is_no_answer_is_refused() {
    for answer in [
        "",
        "{}",
        "[]",
        r#"{"data":[]}"#,
        r#"{"data":[{"embedding":[]}]}"#,
        r#"{"data":[{"embedding":[0,0]}]}"#,
        r#"{"data":[{"embedding":["1"]}]}"#,
        r#"{"data":[{"embedding":[1]},{"embedding":[1]}]}"#,
        r#"{"data":[{"embedding":[1e38,1e38]}]}"#,
    ] {
        assert!(read(answer.as_bytes(), 1).is_err(), "{answer}");
    }
    let uneven = br#"{"data":[{"embedding":[1]},{"embedding":[1,2]}]}"#;
    assert!(read(uneven, 2).is_err());
}

#[test]
fn vectors_are_stored_as_they_are() {
    let vector: Arc<[f32]> = [0.25, -1.0, 3.5e-8].into();
    assert_eq!(from_bytes(&to_bytes(&vector)), Some(vector));
    assert_eq!(from_bytes(&[1, 2, 3]), None);
    assert_eq!(from_bytes(&[]), None);
}
