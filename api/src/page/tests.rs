use proptest::prelude::*;

use super::*;

fn sort() -> impl Strategy<Value = Sort> {
    prop_oneof![
        any::<i64>().prop_map(Sort::Number),
        (0..4_000_000_000_000_000_i64)
            .prop_map(|micros| Sort::Time(DateTime::from_timestamp_micros(micros).unwrap())),
        "[^\0]{0,40}".prop_map(Sort::Text),
        Just(Sort::None),
    ]
}

proptest! {
    #[test]
    fn a_cursor_reads_what_it_wrote(sort in sort(), id in any::<u128>()) {
        let kind = match sort {
            Sort::Number(_) => b'n',
            Sort::Time(_) => b't',
            Sort::Text(_) => b's',
            Sort::None => b'-',
        };
        let cursor = Cursor { sort, id: Uuid::from_u128(id) };
        prop_assert_eq!(Cursor::decode(&cursor.write([b'c', kind]), [b'c', kind]), Some(cursor.clone()));
        prop_assert_eq!(Cursor::decode(&cursor.write([b'c', kind]), [b'u', kind]), None);
    }

    #[test]
    fn a_forged_cursor_is_refused_and_never_panics(text in ".{0,80}") {
        let args = Args { after: Some(text), ..Args::default() };
        let _either = args.window(*b"ct");
    }
}

#[test]
fn sizes_are_bounded() {
    let args = |first, last| Args {
        first,
        last,
        ..Args::default()
    };
    assert!(args(Some(101), None).window(*b"ct").is_err());
    assert!(args(Some(-1), None).window(*b"ct").is_err());
    assert!(args(Some(1), Some(1)).window(*b"ct").is_err());
    assert_eq!(args(None, Some(100)).window(*b"ct").unwrap().size, 100);
    // One more is read than is shown, and of few different numbers.
    let read = |size| args(Some(size), None).window(*b"ct").unwrap().rows_read();
    assert_eq!(
        [0, 5, 6, 25, 26, 51, 100].map(read),
        [6, 6, 11, 26, 51, 101, 101]
    );
}
