//! A box tree as text, for people, bug reports and goldens.

use std::fmt::Write;

use super::{Boxes, Fields, Mp4Box, boxes};
use crate::ReadError;

/// The tree of `bytes`: one line per box with its size, the fields that matter here below it. Never fails: where the
/// bytes stop making sense it says so in a line. Long lists and deep trees are cut.
pub fn dump(bytes: &[u8]) -> String {
    let mut dump = Dump { text: String::new(), lines: 0 };
    dump.level(boxes(bytes), 0);
    dump.text
}

const MAX_LINES: usize = 2_000;
const MAX_DEPTH: usize = 12;

struct Dump {
    text: String,
    lines: usize,
}

impl Dump {
    fn line(&mut self, depth: usize, line: std::fmt::Arguments<'_>) {
        self.lines += 1;
        if self.lines <= MAX_LINES {
            // Writing to a String does not fail.
            let _ = writeln!(self.text, "{:indent$}{line}", "", indent = 2 * depth);
        } else if self.lines == MAX_LINES + 1 {
            self.text.push_str("…\n");
        }
    }

    fn level(&mut self, level: Boxes<'_>, depth: usize) {
        for found in level {
            if self.lines > MAX_LINES {
                return;
            }
            match found {
                Ok(found) => self.one(&found, depth),
                Err(error) => self.line(depth, format_args!("! {error}")),
            }
        }
    }

    fn one(&mut self, found: &Mp4Box<'_>, depth: usize) {
        self.line(depth, format_args!("{} {}", found.kind, found.size));
        let inside = depth + 1;
        if depth < MAX_DEPTH
            && let Some(header) = header_before_children(&found.kind.0)
        {
            let mut fields = found.fields();
            match fields.skip(header) {
                Ok(()) => self.level(Boxes::inside(found.kind, fields.rest()), inside),
                Err(error) => self.line(inside, format_args!("! {error}")),
            }
        } else if let Err(error) = self.fields(found, inside) {
            self.line(inside, format_args!("! {error}"));
        }
    }

    fn fields(&mut self, found: &Mp4Box<'_>, depth: usize) -> Result<(), ReadError> {
        let mut fields = found.fields();
        match &found.kind.0 {
            b"mfhd" => {
                fields.skip(4)?;
                self.line(depth, format_args!("sequence_number {}", fields.u32()?));
            }
            b"tfhd" => {
                let (_, flags) = fields.version_and_flags()?;
                self.line(depth, format_args!("flags {flags:06x} track {}", fields.u32()?));
                for (flag, name) in [
                    (0x02, "sample_description_index"),
                    (0x08, "default_sample_duration"),
                    (0x10, "default_sample_size"),
                    (0x20, "default_sample_flags"),
                ] {
                    if flags & 0x01 == 0 && flags & flag != 0 {
                        self.line(depth, format_args!("{name} {:#x}", fields.u32()?));
                    }
                }
            }
            b"tfdt" => {
                let (version, _) = fields.version_and_flags()?;
                let time = fields.u64_if(version == 1)?;
                self.line(depth, format_args!("version {version} base_media_decode_time {time}"));
            }
            b"trun" => self.trun(fields, depth)?,
            b"mdhd" => {
                let (version, _) = fields.version_and_flags()?;
                fields.skip(if version == 1 { 16 } else { 8 })?;
                self.line(depth, format_args!("timescale {}", fields.u32()?));
            }
            b"trex" => {
                fields.skip(4)?;
                let [track, description, duration, size, flags] =
                    [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
                self.line(
                    depth,
                    format_args!(
                        "track {track} description {description} duration {duration} size {size} flags {flags:08x}"
                    ),
                );
            }
            _ => {}
        }
        Ok(())
    }

    fn trun(&mut self, mut fields: Fields<'_>, depth: usize) -> Result<(), ReadError> {
        let (version, flags) = fields.version_and_flags()?;
        let count = fields.u32()?;
        self.line(depth, format_args!("version {version} flags {flags:06x} sample_count {count}"));
        if flags & 0x01 != 0 {
            self.line(depth, format_args!("data_offset {}", fields.i32()?));
        }
        if flags & 0x04 != 0 {
            self.line(depth, format_args!("first_sample_flags {:08x}", fields.u32()?));
        }
        for _ in 0..count {
            if self.lines > MAX_LINES || flags & 0xf00 == 0 {
                break;
            }
            let mut line = String::new();
            for (flag, name) in [(0x100, "duration"), (0x200, "size"), (0x400, "flags"), (0x800, "cts")] {
                if flags & flag != 0 {
                    let value = fields.u32()?;
                    let _ = match name {
                        "flags" => write!(line, " {name} {value:08x}"),
                        "cts" if version > 0 => write!(line, " {name} {}", value.cast_signed()),
                        _ => write!(line, " {name} {value}"),
                    };
                }
            }
            self.line(depth, format_args!("{}", line.trim_start()));
        }
        Ok(())
    }
}

/// Bytes of own fields in front of the boxes inside, for boxes that hold boxes.
fn header_before_children(kind: &[u8; 4]) -> Option<usize> {
    match kind {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts" | b"mvex" | b"moof" | b"traf" | b"dinf" => {
            Some(0)
        }
        b"stsd" | b"dref" => Some(8),
        b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"vp09" | b"av01" => Some(78),
        b"mp4a" | b"Opus" | b"fLaC" => Some(28),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_bytes_are_said_to_be_broken() {
        let bytes = b"\0\0\0\x10moof\0\0\0\x10traf\0\0\0\x05";
        assert_eq!(
            dump(bytes),
            "moof 16\n  ! traf box of 16 bytes where 8 are left\n! file box ends inside a box header\n"
                .replace("! file box ends", "! malformed file box: ends")
        );
    }

    #[test]
    fn a_table_that_claims_four_billion_samples_is_cut() {
        // No per-sample fields: nothing to list. With fields: the box ends.
        let claim = |flags: u32| {
            let mut bytes = b"\0\0\0\x10trun".to_vec();
            bytes.extend(flags.to_be_bytes());
            bytes.extend(u32::MAX.to_be_bytes());
            dump(&bytes)
        };
        assert_eq!(claim(0).lines().count(), 2);
        assert!(claim(0x100).ends_with("! malformed trun box: ends too early\n"));
    }

    #[test]
    fn many_boxes_are_cut() {
        let text = dump(&b"\0\0\0\x08free".repeat(10_000));
        assert_eq!(text.lines().count(), MAX_LINES + 1);
    }
}
