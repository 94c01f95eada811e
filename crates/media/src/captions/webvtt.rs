//! WebVTT (W3C), read leniently and written strictly.

use std::fmt::Write as _;

/// Cues of one track that are kept.
pub const MOST_CUES: usize = 20_000;
/// Letters of one cue that are kept, marks included.
pub const MOST_LETTERS: usize = 2_000;

/// One caption. Times in milliseconds; `start < end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When it appears.
    pub start_ms: u64,
    /// When it goes.
    pub end_ms: u64,
    /// Clean cue text: escaped, with balanced `<b>`, `<i>` and `<u>` and no other tag; no empty line.
    pub text: String,
}

/// The cues of a file in order of time. What is no cue, or has no time or no text, is passed over.
pub fn parse(file: &str) -> Vec<Cue> {
    let file = file.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace(['\r', '\0'], "\n");
    let mut cues = Vec::new();
    let mut lines = file.split('\n').peekable();
    while let Some(line) = lines.next() {
        let Some((start_ms, end_ms)) = timing(line) else { continue };
        let mut text = String::new();
        // A cue ends at an empty line, or where the next one begins without it.
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty() && !line.contains("-->")) {
            if text.len() < MOST_LETTERS * 4 {
                text.push_str(line);
                text.push('\n');
            }
        }
        let text = clean(&text);
        if start_ms < end_ms && !text.is_empty() && cues.len() < MOST_CUES {
            cues.push(Cue { start_ms, end_ms, text });
        }
    }
    cues.sort_by_key(|cue| cue.start_ms);
    cues
}

/// A file of these cues.
pub fn write(cues: &[Cue]) -> String {
    let mut file = "WEBVTT\n".to_owned();
    for cue in cues {
        // Writing to a String cannot fail.
        let _ = write!(file, "\n{} --> {}\n{}\n", clock(cue.start_ms), clock(cue.end_ms), cue.text);
    }
    file
}

/// `00:01.500 --> 01:00:02.000 line:0`: hours may be missing, settings are not kept.
fn timing(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    Some((time(start.trim())?, time(rest.split_whitespace().next()?)?))
}

fn time(text: &str) -> Option<u64> {
    // SubRip writes a comma.
    let (whole, fraction) = text.split_once(['.', ','])?;
    let number = |text: &str| {
        (matches!(text.len(), 1..=6) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    let mut parts = whole.rsplit(':');
    let (seconds, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let hours = parts.next().map_or(Some(0), number)?;
    if fraction.len() != 3 || parts.next().is_some() || seconds > 59 || minutes > 59 {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + number(fraction)?)
}

fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
}

/// Keeps letters, line breaks and the three marks; closes what is open.
fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<char> = Vec::new();
    let mut letters = 0;
    let mut rest = text.trim();
    while let Some(letter) = rest.chars().next() {
        if letters >= MOST_LETTERS {
            break;
        }
        letters += 1;
        if let Some((tag, after)) = tag(rest) {
            mark(tag, &mut open, &mut out);
            rest = after;
            continue;
        }
        let (letter, after) =
            entity(rest).unwrap_or((letter, rest.get(letter.len_utf8()..).unwrap_or_default()));
        rest = after;
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A line that became empty would end the cue.
            '\n' if out.ends_with('\n') || out.is_empty() => {}
            '\n' => out.push('\n'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    while let Some(name) = open.pop() {
        let _ = write!(out, "</{name}>");
    }
    let lines: Vec<_> = out.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Opens or closes one of the three marks.
fn mark(tag: &str, open: &mut Vec<char>, out: &mut String) {
    let (closing, name) = tag.strip_prefix('/').map_or((false, tag), |name| (true, name));
    // `<b.loud>` is bold with a class.
    let name = match name.split(['.', ' ', '\t', '\n']).next() {
        Some("b" | "B" | "strong") => 'b',
        Some("i" | "I" | "em") => 'i',
        Some("u" | "U") => 'u',
        _ => return,
    };
    if !closing && open.len() < 8 {
        open.push(name);
        let _ = write!(out, "<{name}>");
    } else if closing && let Some(at) = open.iter().rposition(|other| *other == name) {
        // Crossed marks are closed from the inside.
        for inner in open.drain(at..).rev() {
            let _ = write!(out, "</{inner}>");
        }
    }
}

/// `<…>` at the front, and what follows. A lone `<` is a letter.
fn tag(text: &str) -> Option<(&str, &str)> {
    let (tag, after) = text.strip_prefix('<')?.split_once('>')?;
    let first = tag.strip_prefix('/').unwrap_or(tag).chars().next();
    let is_tag =
        first.is_none_or(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '!' | '?' | '.'));
    (is_tag && !tag.contains('<')).then_some((tag, after))
}

/// An escaped letter at the front, and what follows.
fn entity(text: &str) -> Option<(char, &str)> {
    const NAMES: [(&str, char); 8] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&#39;", '\''),
        ("&nbsp;", '\u{a0}'),
        ("&lrm;", '\u{200e}'),
        ("&rlm;", '\u{200f}'),
    ];
    NAMES.iter().find_map(|(name, letter)| Some((*letter, text.strip_prefix(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(payload: &str) -> String {
        let cues = parse(&format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{payload}\n"));
        cues.first().map(|cue| cue.text.clone()).unwrap_or_default()
    }

    #[test]
    fn a_file_is_read_and_written_again() {
        let file = "\u{feff}WEBVTT - a title\r\n\r\nSTYLE\r\n::cue { color: url(http://x) }\r\n\r\nNOTE no cue\r\n\r\n\
                    second\r\n00:03.000 --> 00:04.500 line:0 align:start\r\nTwo\r\nlines\r\n\r\n\
                    1\r\n00:00:01,000 --> 00:00:02,000\r\nOne\r\n00:05.000 --> 01:00:06.000\r\nNo gap\r\n\r\n\
                    00:09.000 --> 00:08.000\r\nbackwards\r\n\r\n00:61.000 --> 00:99.000\r\nno time\r\n";
        assert_eq!(
            write(&parse(file)),
            "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nOne\n\n00:00:03.000 --> 00:00:04.500\nTwo\nlines\n\n\
             00:00:05.000 --> 01:00:06.000\nNo gap\n"
        );
    }

    #[test]
    fn three_marks_stay_and_nothing_else() {
        for (payload, expected) in [
            ("<i>so</i> <b.loud>it</b> <u>is</u>", "<i>so</i> <b>it</b> <u>is</u>"),
            ("<font color=\"red\">red</font>", "red"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("<v Roger Bingham>hello", "hello"),
            ("<00:00:01.500>late", "late"),
            ("<i>open <b>crossed</i> </b>", "<i>open <b>crossed</b></i>"),
            ("1 < 2 && 3 > 2 &lt;i&gt;", "1 &lt; 2 &amp;&amp; 3 &gt; 2 &lt;i&gt;"),
            ("<img src=x onerror=alert(1)", "&lt;img src=x onerror=alert(1)"),
            ("a<ruby>b<rt>c</rt></ruby>", "abc"),
            ("a\u{7}b", "ab"),
        ] {
            assert_eq!(text(payload), expected, "{payload}");
        }
    }

    #[test]
    fn a_long_cue_is_cut_and_closed() {
        let long = text(&format!("<i>{}", "é".repeat(10_000)));
        assert!(long.chars().count() <= MOST_LETTERS + 10 && long.ends_with("é</i>"), "{}", long.len());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_as_it_was(file in any::<String>(), payload in "[a-z<>/&;biu \n.-]{0,60}") {
            let _ = parse(&file);
            let cues = parse(&format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{payload}\n\n{file}"));
            prop_assert_eq!(parse(&write(&cues)), cues.clone());
            for cue in cues {
                prop_assert!(!cue.text.contains("-->") && !cue.text.contains("\n\n"));
                let bare = cue.text.replace("<b>", "").replace("<i>", "").replace("<u>", "");
                let bare = bare.replace("</b>", "").replace("</i>", "").replace("</u>", "");
                prop_assert!(!bare.contains(['<', '>']), "{}", cue.text);
            }
        }
    }
}
