use std::ops::Range;

/// What a `Range` header asks of an object of `size` bytes (RFC 9110 §14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// No range, or one that may be ignored: the whole object.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Nothing that the object has.
    Unsatisfiable,
}

/// Reads a `Range` header; several ranges in one header are answered with the whole.
pub(crate) fn parse(header: Option<&str>, size: u64) -> Asked {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Asked::Whole };
    let Some((first, last)) = spec.split_once('-') else { return Asked::Whole };
    if last.contains(',') {
        return Asked::Whole;
    }
    let range = match (first.trim(), last.trim()) {
        ("", suffix) => suffix
            .parse::<u64>()
            .ok()
            .map(|length| size.saturating_sub(length)..if length == 0 { 0 } else { size }),
        (first, "") => first.parse::<u64>().ok().map(|first| first..size),
        (first, last) => match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => Some(first..last.saturating_add(1).min(size)),
            _ => None,
        },
    };
    match range {
        None => Asked::Whole,
        Some(range) if range.start < range.end => Asked::Part(range),
        Some(_) => Asked::Unsatisfiable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_understood_or_ignored() {
        let check =
            |header: &str, expected: Asked| assert_eq!(parse(Some(header), 100), expected, "{header}");
        check("bytes=0-0", Asked::Part(0..1));
        check("bytes=10-", Asked::Part(10..100));
        check("bytes=10-1000", Asked::Part(10..100));
        check("bytes=-30", Asked::Part(70..100));
        check("bytes=-300", Asked::Part(0..100));
        check("bytes=-0", Asked::Unsatisfiable);
        check("bytes=100-", Asked::Unsatisfiable);
        check("bytes=18446744073709551615-18446744073709551615", Asked::Unsatisfiable);
        for odd in [
            "bytes=5-4",
            "bytes=a-b",
            "bytes=",
            "bytes=1",
            "bytes=0-1,5-6",
            "lines=1-2",
            "bytes=99999999999999999999-",
        ] {
            check(odd, Asked::Whole);
        }
        assert_eq!(parse(None, 100), Asked::Whole);
    }
}
