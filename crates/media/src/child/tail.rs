//! The end of what a child complained about.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes kept of a child's messages.
pub(super) const KEPT: usize = 64 * 1024;

/// Reads to the end and keeps the last [`KEPT`] bytes, as text that is safe to log.
pub(super) async fn read(mut from: impl AsyncRead + Unpin) -> String {
    let mut kept: VecDeque<u8> = VecDeque::new();
    let mut buffer = vec![0; 4096];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => {
                kept.extend(buffer.iter().take(read));
                let over = kept.len().saturating_sub(KEPT);
                kept.drain(..over);
            }
        }
    }
    sanitised(kept.make_contiguous())
}

/// Text of foreign bytes: no control characters (a terminal obeys them), no invalid UTF-8.
pub(super) fn sanitised(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| match c {
            '\n' => '\n',
            '\r' => '\n',
            '\t' => ' ',
            c if c.is_control() || is_bidi(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Characters that turn the reading direction: a file's title appears in messages.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_end_is_kept() {
        let mut long = vec![b'a'; KEPT];
        long.extend(b"the end");
        let text = read(&long[..]).await;
        assert_eq!(text.len(), KEPT);
        assert!(text.ends_with("athe end"));
    }

    #[test]
    fn a_terminal_has_nothing_to_obey() {
        assert_eq!(sanitised(b"a\x1b[2Jb\r\nc\xff\td"), "a\u{fffd}[2Jb\n\nc\u{fffd} d");
        assert_eq!(sanitised("x\u{202e}y".as_bytes()), "x\u{fffd}y");
    }
}
