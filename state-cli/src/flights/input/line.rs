//! From a line to a flight.

use crate::flights::record::{Flight, code};
use memchr::memchr_iter;
use std::fmt;

/// The columns, in order.
const COLUMNS: [&str; 9] = [
    "scheduled_departure",
    "carrier",
    "flight",
    "tail_number",
    "origin",
    "destination",
    "departure_delay_min",
    "arrival_delay_min",
    "distance_mi",
];

/// Enough for delays; a number of so many digits fits an `i32`.
const DELAY_DIGITS: usize = 9;

/// The first line of every input.
pub(super) fn header() -> String {
    COLUMNS.join(",")
}

/// What is wrong with a line that comes from another system.
pub(super) const CR_LF: &str =
    "ends in a carriage return and a line feed (CR LF), expected a line feed alone";

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It has another number of fields.
    Fields(usize),
    /// It is one that ends in CR LF.
    CrLf,
    /// A field is not what its column (counted from 0) asks for.
    Field(usize, Problem),
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Empty,
    NotUtf8,
    /// Or it has more digits than this.
    NotANumber(usize),
    TooLong(usize),
    /// It has a sign that output could not be read with.
    Sign,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(found) => {
                write!(f, "it has {found} fields, expected {}", COLUMNS.len())
            }
            Self::CrLf => write!(f, "it {CR_LF}"),
            Self::Field(column, problem) => {
                let column = COLUMNS.get(*column).copied().unwrap_or_default();
                match problem {
                    Problem::Empty => write!(f, "'{column}' is empty"),
                    Problem::NotUtf8 => write!(f, "'{column}' is not UTF-8 text"),
                    Problem::NotANumber(most) => {
                        write!(
                            f,
                            "'{column}' is not a whole number of at most {most} digits"
                        )
                    }
                    Problem::TooLong(most) => write!(
                        f,
                        "'{column}' is longer than {most} bytes or contains a zero byte"
                    ),
                    Problem::Sign => write!(
                        f,
                        "'{column}' contains a quotation mark, a semicolon or a carriage return: \
                         fields stand as they are, without quotes"
                    ),
                }
            }
        }
    }
}

/// Takes a line (without its line feed) apart.
///
/// # Errors
/// What is wrong with the line.
#[inline]
pub(crate) fn parse(line: &[u8], position: u64) -> Result<Flight, Malformed> {
    parse_fields(line, position).map_err(|problem| {
        // If there are too many or too few, the first one that does not fit says little.
        let fields = memchr_iter(b',', line).count() + 1;
        if fields != COLUMNS.len() {
            return Malformed::Fields(fields);
        }
        match line
            .strip_suffix(b"\r")
            .map(|line| parse_fields(line, position))
        {
            Some(Ok(_)) => Malformed::CrLf,
            _ => problem,
        }
    })
}

#[inline]
fn parse_fields(line: &[u8], position: u64) -> Result<Flight, Malformed> {
    let mut fields = Fields {
        line,
        commas: memchr_iter(b',', line),
        column: 0,
        start: 0,
    };
    fields.number(12)?;
    let carrier = fields.code()?;
    fields.number(9)?;
    let tail = fields.optional_code()?;
    let origin = fields.code()?;
    let destination = fields.code()?;
    let departure_delay = fields.optional_number()?;
    let arrival_delay = fields.optional_number()?;
    fields.number(9)?;
    Ok(Flight {
        position,
        tail,
        carrier,
        origin,
        destination,
        departure_delay,
        arrival_delay,
    })
}

/// The fields of a line, one after the other.
struct Fields<'a> {
    line: &'a [u8],
    commas: memchr::Memchr<'a>,
    /// How many were taken.
    column: usize,
    start: usize,
}

impl<'a> Fields<'a> {
    #[inline]
    fn next(&mut self) -> Result<&'a [u8], Malformed> {
        let last = self.column + 1 == COLUMNS.len();
        let end = match self.commas.next() {
            Some(comma) if !last => comma,
            None if last => self.line.len(),
            _ => return Err(Malformed::Fields(self.column + 1)),
        };
        let field = self.line.get(self.start..end).unwrap_or_default();
        self.start = end + 1;
        self.column += 1;
        Ok(field)
    }

    #[inline]
    fn problem(&self, problem: Problem) -> Malformed {
        Malformed::Field(self.column.saturating_sub(1), problem)
    }

    #[inline]
    fn optional_code<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let field = self.next()?;
        // All other columns are digits, so that nothing but a code can be no text.
        if !field.is_ascii() && std::str::from_utf8(field).is_err() {
            return Err(self.problem(Problem::NotUtf8));
        }
        if field.iter().any(|byte| matches!(byte, b'"' | b';' | b'\r')) {
            return Err(self.problem(Problem::Sign));
        }
        code(field).ok_or_else(|| self.problem(Problem::TooLong(N)))
    }

    #[inline]
    fn code<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let code: [u8; N] = self.optional_code()?;
        if code.first() == Some(&0) {
            return Err(self.problem(Problem::Empty));
        }
        Ok(code)
    }

    /// A whole number of at most `digits` digits.
    #[inline]
    fn number(&mut self, digits: usize) -> Result<i64, Malformed> {
        let field = self.next()?;
        if field.is_empty() {
            return Err(self.problem(Problem::Empty));
        }
        whole(field, digits).ok_or_else(|| self.problem(Problem::NotANumber(digits)))
    }

    #[inline]
    fn optional_number(&mut self) -> Result<Option<i32>, Malformed> {
        let field = self.next()?;
        if field.is_empty() {
            return Ok(None);
        }
        match whole(field, DELAY_DIGITS) {
            Some(number) => Ok(Some(number as i32)),
            None => Err(self.problem(Problem::NotANumber(DELAY_DIGITS))),
        }
    }
}

#[inline]
fn whole(field: &[u8], most: usize) -> Option<i64> {
    let (negative, digits) = match field {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > most {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        parse(line.as_bytes(), 0).unwrap_err().to_string()
    }

    #[test]
    fn a_line_becomes_a_flight() {
        let line = b"1357035300,UA,1545,N14228,EWR,IAH,-2,11,1400";
        let flight = parse(line, 7).unwrap();
        assert_eq!(flight.position, 7);
        assert_eq!(flight.carrier, *b"UA\0\0");
        assert_eq!(flight.tail, *b"N14228\0\0");
        assert_eq!((flight.origin, flight.destination), (*b"EWR\0", *b"IAH\0"));
        assert_eq!(flight.departure_delay, Some(-2));
        assert_eq!(flight.arrival_delay, Some(11));
        assert_eq!(flight.cancelled(), 0);
    }

    #[test]
    fn delays_and_tail_may_be_missing() {
        let flight = parse(b"1,UA,1,,EWR,IAH,,,3", 0).unwrap();
        assert_eq!(flight.tail, [0; 8]);
        assert_eq!(flight.departure_delay, None);
        assert_eq!(flight.arrival_delay, None);
        assert_eq!(flight.cancelled(), 1);
    }

    #[test]
    fn a_code_that_is_no_text_is_told() {
        for (line, column) in [
            (&b"1,\xff,1,,EWR,IAH,,,3"[..], "carrier"),
            (b"1,UA,1,N\xc3,EWR,IAH,,,3", "tail_number"),
        ] {
            let told = parse(line, 0).unwrap_err().to_string();
            assert_eq!(told, format!("'{column}' is not UTF-8 text"));
        }
        assert!(parse("1,ÄÖ,1,,EWR,IAH,,,3".as_bytes(), 0).is_ok());
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (line, expected) in [
            ("", "it has 1 fields, expected 9"),
            ("1,UA,1,,EWR,IAH,,", "it has 8 fields, expected 9"),
            ("1,UA,1,,EWR,IAH,,,3,", "it has 10 fields, expected 9"),
            ("1,,1,,EWR,IAH,,,3", "'carrier' is empty"),
            ("1,\"UA\",1,,EWR,IAH,,,3", "'carrier' contains a quotation"),
            ("1,UA,1,,EWR,I;H,,,3", "'destination' contains a quotation"),
            ("1,UA,1,,EWRXX,IAH,,,3", "'origin' is longer than 4 bytes"),
            (
                "x,UA,1,,EWR,IAH,,,3",
                "'scheduled_departure' is not a whole",
            ),
            (
                "1,UA,1,,EWR,IAH,1.5,,3",
                "'departure_delay_min' is not a whole",
            ),
            ("1,UA,1,,EWR,IAH,,-,3", "'arrival_delay_min' is not a whole"),
            ("1,UA,1,,EWR,IAH,,,3\r", "it ends in a carriage return and"),
            ("1,UA,1,,EWR,IAH,,,x\r", "'distance_mi' is not a whole"),
            ("1,UA,1,,EWR,IAH,,,", "'distance_mi' is empty"),
            ("1,UA,1,,EWR,IAH,9999999999,,3", "at most 9 digits"),
        ] {
            let told = told(line);
            assert!(told.contains(expected), "{line}: {told}");
        }
    }
}
