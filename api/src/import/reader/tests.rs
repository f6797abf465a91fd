use std::io::Write;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const CSV: Format = Format::Csv { delimiter: b',' };

fn rows(bytes: &[u8], format: Format) -> Vec<(u64, Result<Value, String>)> {
    let rows = Rows::new(io::Cursor::new(bytes.to_vec()), format).unwrap();
    rows.map(|row| {
        (
            row.line,
            row.values.map(|values| Value::Object(values.fields)),
        )
    })
    .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bad_line_of_json_is_reported_and_the_next_one_is_read() {
    let file = b"\xef\xbb\xbf{\"a\":1}\n\n[1]\n{\"a\":\n\xff\xfe\n  {\"a\":\"\xc3\xa9\"}  ";
    let rows = rows(file, Format::JsonLines);
    assert_eq!(rows[0], (1, Ok(json!({"a": 1}))));
    assert_eq!(
        rows[1],
        (3, Err("the line is not a JSON object".to_owned()))
    );
    assert_eq!(
        rows[2],
        (
            4,
            Err("the line is not JSON: EOF while parsing a value at column 5".to_owned())
        )
    );
    assert_eq!(rows[3], (5, Err("the line is not UTF-8".to_owned())));
    assert_eq!(rows[4], (6, Ok(json!({"a": "é"}))));
    assert_eq!(rows.len(), 5);
}

#[test]
fn a_row_of_csv_may_span_lines_and_empty_cells_are_absent() {
    let file = b"\xef\xbb\xbfsubject, body\na,\"b\nc\"\n\nonly one\nd, \n\xff,e\nf,g";
    let rows = rows(file, CSV);
    assert_eq!(rows[0], (2, Ok(json!({"subject": "a", "body": "b\nc"}))));
    assert_eq!(
        rows[1],
        (5, Err("the row has 1 cells, the header 2".to_owned()))
    );
    assert_eq!(rows[2], (6, Ok(json!({"subject": "d"}))));
    assert_eq!(
        rows[3],
        (7, Err("subject: the cell is not UTF-8".to_owned()))
    );
    assert_eq!(rows[4], (8, Ok(json!({"subject": "f", "body": "g"}))));
}

#[test]
fn lines_that_end_as_on_windows_are_counted_alike() {
    let rows = rows(b"s,t\r\na,b\r\n\r\n\"c\r\nd\",e\r\nf,\"g\"\r\nh,i", CSV);
    let expected = [
        (2, Ok(json!({"s": "a", "t": "b"}))),
        (4, Ok(json!({"s": "c\r\nd", "t": "e"}))),
        (6, Ok(json!({"s": "f", "t": "g"}))),
        (7, Ok(json!({"s": "h", "t": "i"}))),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn gzip_is_recognised_by_its_content() {
    let file = gzip(b"{\"a\":1}\n");
    assert_eq!(rows(&file, Format::JsonLines), [(1, Ok(json!({"a": 1})))]);
    let members = [gzip(b"s\na\n"), gzip(b"b\n")].concat();
    assert_eq!(
        rows(&members, CSV),
        [(2, Ok(json!({"s": "a"}))), (3, Ok(json!({"s": "b"})))]
    );
}

#[test]
fn a_file_cut_short_gives_what_was_there() {
    let mut file = gzip(format!("{{\"a\":1}}\n{}", "x".repeat(500_000)).as_bytes());
    file.truncate(file.len() - 12);
    let rows = rows(&file, Format::JsonLines);
    assert_eq!(rows[0], (1, Ok(json!({"a": 1}))));
    assert!(
        rows[1]
            .1
            .as_ref()
            .unwrap_err()
            .starts_with("the file cannot be read any further")
    );
    assert_eq!(rows.len(), 2);
}

#[test]
fn an_endless_line_is_bad_and_does_not_end_the_file() {
    let mut file = vec![b'x'; LINE_BYTES_MAX + 5];
    file.extend_from_slice(b"\n{}\n");
    let rows = rows(&file, Format::JsonLines);
    assert_eq!(
        rows,
        [
            (1, Err("the line is longer than 4 MiB".to_owned())),
            (2, Ok(json!({})))
        ]
    );
}

#[test]
fn an_open_quote_ends_the_file_with_a_reason() {
    let mut file = b"s\na\n\"".to_vec();
    file.resize(2 * LINE_BYTES_MAX, b'x');
    let rows = rows(&file, CSV);
    assert_eq!(rows[0], (2, Ok(json!({"s": "a"}))));
    assert_eq!(rows[1].0, 3);
    assert!(
        rows[1]
            .1
            .as_ref()
            .unwrap_err()
            .ends_with("is a quote left open?")
    );
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_header_names_no_column_twice() {
    let error = Rows::new(&b"a,b,a\n"[..], CSV).err().unwrap();
    assert_eq!(error.to_string(), "the header row names the column a twice");
}

#[test]
fn a_digest_stands_for_the_text_of_the_row() {
    let digests = |bytes: &'static [u8]| -> Vec<String> {
        Rows::new(bytes, CSV)
            .unwrap()
            .map(|row| row.values.unwrap().digest)
            .collect()
    };
    let found = digests(b"a,b\nx,yz\nxy,z\n\"x\",\"yz\"\n");
    assert_eq!(found[0].len(), 32);
    assert_ne!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

proptest! {
    #[test]
    fn no_bytes_panic_and_every_line_number_grows(bytes: Vec<u8>, csv: bool, packed: bool) {
        let bytes = if packed { gzip(&bytes) } else { bytes };
        let format = if csv { CSV } else { Format::JsonLines };
        if let Ok(rows) = Rows::new(io::Cursor::new(bytes), format) {
            let lines: Vec<u64> = rows.map(|row| row.line).collect();
            prop_assert!(lines.is_sorted_by(|before, after| before < after), "{lines:?}");
        }
    }

    #[test]
    fn rows_written_as_csv_are_read_back(cells in prop::collection::vec("[a-z\",;\n é]{0,9}x", 1..20)) {
        let mut writer = csv::Writer::from_writer(b"s\n".to_vec());
        for cell in &cells {
            writer.write_record([cell]).unwrap();
        }
        let rows = rows(&writer.into_inner().unwrap(), CSV);
        let read: Vec<Value> = rows.into_iter().map(|(_, row)| row.unwrap()["s"].clone()).collect();
        prop_assert_eq!(read, cells.into_iter().map(Value::String).collect::<Vec<_>>());
    }
}
