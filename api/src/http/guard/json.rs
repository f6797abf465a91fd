//! The scan of a JSON body before it is read: how deep, and how many values.

use super::Rejection;

/// Objects and arrays that may be open at once in a body, the body's own object included.
pub(crate) const JSON_DEPTH_MAX: usize = 40;
/// Values of a body. Each takes some 70 bytes once read, so a body of nothing but commas would grow
/// seventyfold.
pub(crate) const JSON_VALUES_MAX: usize = 10_000;

/// Counts the brackets and commas of a JSON text outside its strings. Whether it is JSON at all is
/// the reader's to say.
pub(crate) fn scan_json(text: &[u8]) -> Result<(), Rejection> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                values += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return Err(Rejection::JsonTooDeep);
        }
        if values > JSON_VALUES_MAX {
            return Err(Rejection::JsonTooManyValues);
        }
    }
    Ok(())
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_values_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(scan_json(nested(JSON_DEPTH_MAX).as_bytes()), Ok(()));
        assert_eq!(
            scan_json(nested(JSON_DEPTH_MAX + 1).as_bytes()),
            Err(Rejection::JsonTooDeep)
        );
        assert_eq!(
            scan_json(r#"{"a":{"b":"#.repeat(500_000).as_bytes()),
            Err(Rejection::JsonTooDeep)
        );

        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert_eq!(scan_json(list(JSON_VALUES_MAX - 1).as_bytes()), Ok(()));
        assert_eq!(
            scan_json(list(JSON_VALUES_MAX).as_bytes()),
            Err(Rejection::JsonTooManyValues)
        );
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let text = format!(r#"{{"a":"\"{}\\"}}"#, "[,".repeat(JSON_VALUES_MAX));
        assert_eq!(scan_json(text.as_bytes()), Ok(()));
    }
}
