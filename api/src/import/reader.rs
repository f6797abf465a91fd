//! Reads a file as a stream of rows: JSON Lines or CSV, plain or gzipped, each row with the number of its line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

/// The longest line, or CSV row, that is read; longer ones are bad lines.
pub const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

const READ_BUFFER_BYTES: usize = 64 * 1024;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// A header row and one record a row, with this byte between the cells.
    Csv { delimiter: u8 },
}

/// One row as the file has it, before anything is renamed or checked.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Counted from 1; for a row of several lines, its first.
    pub line: u64,
    /// The row's fields, or why it cannot be read.
    pub values: Result<Values, String>,
}

/// The fields of a readable row.
#[derive(Debug, PartialEq)]
pub struct Values {
    pub fields: Map<String, Value>,
    /// 32 hexadecimal digits that stand for the text of the row: equal rows have equal digests.
    pub digest: String,
}

/// The rows of one file, in order; reading goes on behind a bad one.
pub struct Rows {
    source: Source,
    columns: Vec<String>,
    bytes_read: Arc<AtomicU64>,
}

enum Source {
    JsonLines {
        input: Input,
        line: u64,
    },
    Csv(Box<csv::Reader<RowBound>>),
    /// The input failed: what follows cannot be read.
    Ended,
}

type Input = Box<dyn BufRead + Send>;

impl Rows {
    /// Opens a file; it is unpacked when it begins as gzip does.
    ///
    /// # Errors
    /// When the file cannot be read, or is CSV without a usable header row.
    pub fn open(path: &Path, format: Format) -> io::Result<Self> {
        Self::new(File::open(path)?, format)
    }

    /// Reads from anything that gives bytes.
    ///
    /// # Errors
    /// As for `open`.
    pub fn new(source: impl Read + Send + 'static, format: Format) -> io::Result<Self> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            inner: source,
            bytes: Arc::clone(&bytes_read),
        };
        let input = unpacked(counted)?;
        let (source, columns) = match format {
            Format::JsonLines => (Source::JsonLines { input, line: 0 }, Vec::new()),
            Format::Csv { delimiter } => {
                let mut reader = csv::ReaderBuilder::new()
                    .delimiter(delimiter)
                    .terminator(csv::Terminator::Any(b'\n'))
                    .flexible(true)
                    .from_reader(RowBound {
                        inner: Box::new(input.chain(&b"\n"[..])),
                        bytes: 0,
                    });
                let columns = header(&mut reader)?;
                (Source::Csv(Box::new(reader)), columns)
            }
        };
        Ok(Self {
            source,
            columns,
            bytes_read,
        })
    }

    /// The header row of a CSV file; empty for JSON Lines.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many bytes of the file have been read so far, before unpacking; for a progress bar.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let read = match &mut self.source {
            Source::JsonLines { input, line } => next_object(input, line),
            Source::Csv(reader) => next_record(reader, &self.columns),
            Source::Ended => return None,
        };
        match read {
            Ok(row) => row,
            Err(broken) => {
                self.source = Source::Ended;
                Some(Row {
                    line: broken.line,
                    values: Err(broken.reason),
                })
            }
        }
    }
}

/// Why nothing behind this line can be read.
struct Broken {
    line: u64,
    reason: String,
}

impl Broken {
    fn at(line: u64, error: &io::Error) -> Self {
        Self {
            line,
            reason: format!("the file cannot be read any further: {error}"),
        }
    }
}

fn unpacked(source: impl Read + Send + 'static) -> io::Result<Input> {
    let mut plain = BufReader::with_capacity(READ_BUFFER_BYTES, source);
    let mut input: Input = if plain.fill_buf()?.starts_with(GZIP_MAGIC) {
        Box::new(BufReader::with_capacity(
            READ_BUFFER_BYTES,
            MultiGzDecoder::new(plain),
        ))
    } else {
        Box::new(plain)
    };
    if input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    Ok(input)
}

fn next_object(input: &mut Input, line: &mut u64) -> Result<Option<Row>, Broken> {
    loop {
        let mut text = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let length = input.by_ref().take(limit).read_until(b'\n', &mut text);
        *line += 1;
        if length.map_err(|error| Broken::at(*line, &error))? == 0 {
            return Ok(None);
        }
        if text.len() > LINE_BYTES_MAX && text.last() != Some(&b'\n') {
            input
                .skip_until(b'\n')
                .map_err(|error| Broken::at(*line, &error))?;
            return Ok(Some(Row {
                line: *line,
                values: Err(too_long("line")),
            }));
        }
        let text = text.trim_ascii();
        if !text.is_empty() {
            return Ok(Some(Row {
                line: *line,
                values: object(text),
            }));
        }
    }
}

fn object(text: &[u8]) -> Result<Values, String> {
    let text = std::str::from_utf8(text).map_err(|_| "the line is not UTF-8".to_owned())?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(Values {
            fields,
            digest: digest_of([text.as_bytes()]),
        }),
        Ok(_) => Err("the line is not a JSON object".to_owned()),
        Err(error) => {
            Err(format!("the line is not JSON: {error}").replace(" at line 1 column", " at column"))
        }
    }
}

fn header(reader: &mut csv::Reader<RowBound>) -> io::Result<Vec<String>> {
    let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let header = reader
        .headers()
        .map_err(|error| invalid(format!("the header row cannot be read: {error}")))?;
    let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    for (index, name) in columns.iter().enumerate() {
        if !name.is_empty() && columns[..index].contains(name) {
            return Err(invalid(format!(
                "the header row names the column {name} twice"
            )));
        }
    }
    Ok(columns)
}

fn next_record(
    reader: &mut csv::Reader<RowBound>,
    columns: &[String],
) -> Result<Option<Row>, Broken> {
    let mut record = csv::ByteRecord::new();
    loop {
        reader.get_mut().bytes = 0;
        let before = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => return Ok(None),
            Ok(true) if record.as_slice().trim_ascii().is_empty() && record.len() == 1 => {}
            Ok(true) => {
                return Ok(Some(Row {
                    line: line_of(reader, &record),
                    values: cells(&record, columns),
                }));
            }
            Err(error) => {
                return Err(Broken {
                    line: before,
                    reason: format!("the file cannot be read any further: {error}"),
                });
            }
        }
    }
}

/// Every row ends in a line break, added to the last one on opening; so its first line follows from
/// where the reader stands behind it.
fn line_of(reader: &csv::Reader<RowBound>, record: &csv::ByteRecord) -> u64 {
    let breaks_inside = record.as_slice().split(|byte| *byte == b'\n').count() as u64 - 1;
    reader.position().line().saturating_sub(1 + breaks_inside)
}

fn cells(record: &csv::ByteRecord, columns: &[String]) -> Result<Values, String> {
    if record.len() != columns.len() {
        return Err(format!(
            "the row has {} cells, the header {}",
            record.len(),
            columns.len()
        ));
    }
    let mut fields = Map::new();
    for (column, cell) in columns.iter().zip(record) {
        let cell =
            std::str::from_utf8(cell).map_err(|_| format!("{column}: the cell is not UTF-8"))?;
        let cell = cell.strip_suffix('\r').unwrap_or(cell);
        if !cell.trim().is_empty() && !column.is_empty() {
            fields.insert(column.clone(), Value::String(unprefixed(cell).to_owned()));
        }
    }
    Ok(Values {
        fields,
        digest: digest_of(record),
    })
}

/// Exports keep spreadsheets from taking a text for a formula by an apostrophe before it.
fn unprefixed(cell: &str) -> &str {
    let is_prefixed = |rest: &&str| {
        let text = rest.trim_start_matches('\'');
        text.starts_with(['=', '+', '-', '@', '\t', '\r'])
    };
    cell.strip_prefix('\'').filter(is_prefixed).unwrap_or(cell)
}

/// Each part is followed by a byte that UTF-8 never has, so that `a,bc` and `ab,c` differ.
fn digest_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
        context.update(&[0xff]);
    }
    let digest = context.finish();
    let mut number = [0; 16];
    number.copy_from_slice(&digest.as_ref()[..16]);
    format!("{:032x}", u128::from_be_bytes(number))
}

fn too_long(what: &str) -> String {
    format!(
        "the {what} is longer than {} MiB",
        LINE_BYTES_MAX / 1024 / 1024
    )
}

/// Counts what is read from the file.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Ends the input when one row takes too much of it: an unclosed quote makes a row of the whole rest of the file.
struct RowBound {
    inner: Input,
    bytes: usize,
}

impl Read for RowBound {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes > LINE_BYTES_MAX {
            return Err(io::Error::other(format!(
                "{}; is a quote left open?",
                too_long("row")
            )));
        }
        let count = self.inner.read(buffer)?;
        self.bytes += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
