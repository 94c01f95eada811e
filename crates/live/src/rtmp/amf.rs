//! AMF0 (Adobe's "Action Message Format", version 0), as far as commands and metadata use it.

use super::RtmpError;
use bytes::BufMut as _;

/// A value. What no command needs is read over and becomes [`Value::Null`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Object(Vec<(String, Value)>),
    Null,
}

const DEPTH: usize = 8;
const MOST_FIELDS: usize = 256;
const SHORT: RtmpError = RtmpError::Malformed("a command ends too early");

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// All values of a message.
pub(super) fn read_all(bytes: &[u8]) -> Result<Vec<Value>, RtmpError> {
    let (mut rest, mut values) = (bytes, Vec::new());
    while !rest.is_empty() && values.len() < 16 {
        values.push(read(&mut rest, 0)?);
    }
    Ok(values)
}

fn read(rest: &mut &[u8], depth: usize) -> Result<Value, RtmpError> {
    if depth > DEPTH {
        return Err(RtmpError::TooMuch("a command is nested too deeply"));
    }
    match take(rest, 1)? {
        [0] => Ok(Value::Number(f64::from_bits(u64::from_be_bytes(fixed(rest)?)))),
        [1] => Ok(Value::Number(f64::from(fixed::<1>(rest)?[0]))),
        [2] => Ok(Value::Text(text(rest)?)),
        [3] => object(rest, depth),
        [8] => {
            take(rest, 4)?;
            object(rest, depth)
        }
        [5 | 6 | 13] => Ok(Value::Null),
        [10] => {
            let count = u32::from_be_bytes(fixed(rest)?);
            for number in 0..count {
                if number as usize >= MOST_FIELDS {
                    return Err(RtmpError::TooMuch("a command has too many fields"));
                }
                read(rest, depth + 1)?;
            }
            Ok(Value::Null)
        }
        [11] => take(rest, 10).map(|_| Value::Null),
        [12] => {
            let length = u32::from_be_bytes(fixed(rest)?);
            let bytes = take(rest, usize::try_from(length).map_err(|_| SHORT)?)?;
            Ok(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
        }
        _ => Err(RtmpError::Malformed("a value of a kind that commands do not have")),
    }
}

fn object(rest: &mut &[u8], depth: usize) -> Result<Value, RtmpError> {
    let mut fields = Vec::new();
    loop {
        let name = text(rest)?;
        if name.is_empty() && rest.first() == Some(&9) {
            take(rest, 1)?;
            return Ok(Value::Object(fields));
        }
        if fields.len() >= MOST_FIELDS {
            return Err(RtmpError::TooMuch("a command has too many fields"));
        }
        fields.push((name, read(rest, depth + 1)?));
    }
}

fn text(rest: &mut &[u8]) -> Result<String, RtmpError> {
    let length = u16::from_be_bytes(fixed(rest)?);
    Ok(String::from_utf8_lossy(take(rest, usize::from(length))?).into_owned())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], RtmpError> {
    let (front, back) = rest.split_at_checked(count).ok_or(SHORT)?;
    *rest = back;
    Ok(front)
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], RtmpError> {
    take(rest, N)?.try_into().map_err(|_| SHORT)
}

pub(super) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Number(number) => {
            out.put_u8(0);
            out.put_f64(*number);
        }
        Value::Text(text) => {
            out.put_u8(2);
            put_text(out, text);
        }
        Value::Object(fields) => {
            out.put_u8(3);
            for (name, value) in fields {
                put_text(out, name);
                write(out, value);
            }
            out.put_slice(&[0, 0, 9]);
        }
        Value::Null => out.put_u8(5),
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.put_u16(length);
    out.put_slice(text.as_bytes().get(..usize::from(length)).unwrap_or_default());
}
