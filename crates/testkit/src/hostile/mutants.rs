//! Good files with a few bytes changed, the same ones for the same seed.

use crate::clips::{H264_AAC, VP9_OPUS, again, make, moving};

/// Small films and sounds of every container that is taken, by name.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let film = moving("96x64", 25, 1, H264_AAC);
    let copied = |name, format: &[&str]| (name, again(&film, &[], &[&["-c", "copy", "-f"], format].concat()));
    let encoded = |name, more: &[&str]| {
        let picture =
            ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=1", "-f", "lavfi", "-i", "sine=d=1"];
        (name, make(&[&picture, more].concat()))
    };
    let sound = |name, more: &[&str]| (name, make(&[&["-f", "lavfi", "-i", "sine=d=1"], more].concat()));
    vec![
        ("mp4", film.clone()),
        copied("faststart", &["mp4", "-movflags", "+faststart"]),
        copied("fragmented", &["mp4", "-movflags", "+frag_keyframe+empty_moov"]),
        copied("mov", &["mov"]),
        copied("mkv", &["matroska"]),
        copied("ts", &["mpegts"]),
        copied("flv", &["flv"]),
        ("webm", moving("96x64", 25, 1, VP9_OPUS)),
        encoded("avi", &["-c:v", "mjpeg", "-c:a", "mp3", "-f", "avi"]),
        encoded("ps", &["-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpeg"]),
        encoded("asf", &["-c:v", "wmv2", "-c:a", "wmav2", "-f", "asf"]),
        encoded("mxf", &["-c:v", "mpeg2video", "-c:a", "pcm_s16le", "-ar", "48000", "-f", "mxf"]),
        encoded("prores", &["-c:v", "prores_ks", "-c:a", "pcm_s16le", "-f", "mov"]),
        encoded(
            "av1",
            &["-c:v", "libaom-av1", "-cpu-used", "8", "-frames:v", "5", "-shortest", "-f", "matroska"],
        ),
        encoded("hevc", &["-c:v", "libx265", "-x265-params", "log-level=0", "-f", "mp4"]),
        sound("mp3", &["-f", "mp3"]),
        sound("ogg", &["-c:a", "libvorbis", "-f", "ogg"]),
        sound("flac", &["-f", "flac"]),
        sound("wav", &["-f", "wav"]),
        sound("aiff", &["-f", "aiff"]),
        sound("adts", &["-f", "adts"]),
        ("gif", make(&["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1", "-f", "gif"])),
    ]
}

/// Mutant `number` of a file. Most changes fall where the structure is: in the first and in the last kilobytes.
pub fn mutant(file: &[u8], number: u64) -> Vec<u8> {
    let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ SEED);
    for _ in 0..8 {
        random.next();
    }
    let mut bytes = file.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.place(bytes.len());
        let value = random.next();
        match random.below(8) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (value % 8)),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value as u8),
            // Lengths and counts live in four bytes.
            2 => overwrite(&mut bytes, at, &[0xff; 4]),
            3 => overwrite(&mut bytes, at, &[0x7f, 0xff, 0xff, 0xff]),
            4 => overwrite(&mut bytes, at, &(value as u32).to_be_bytes()),
            5 => {
                let from = random.place(bytes.len());
                let piece: Vec<u8> = bytes.iter().skip(from).take(random.below(64) + 1).copied().collect();
                overwrite(&mut bytes, at, &piece);
            }
            6 => drop(bytes.drain(at..(at + random.below(64)).min(bytes.len()))),
            _ => {
                let piece: Vec<u8> = bytes.iter().skip(at).take(random.below(256) + 1).copied().collect();
                bytes.splice(at..at, piece);
            }
        }
    }
    if random.below(20) == 0 {
        bytes.truncate(random.place(bytes.len()));
    }
    bytes
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes.iter_mut().skip(at).zip(with).for_each(|(byte, new)| *byte = *new);
}

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn place(&mut self, length: usize) -> usize {
        match self.below(4) {
            0 => self.below(length),
            1 => length - 1 - self.below(length.min(4096)).min(length - 1),
            _ => self.below(length.min(1024)),
        }
    }
}

const SEED: u64 = 0x005e_ed0f_2026;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_the_same_every_time_and_differs_from_the_file() {
        let file: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let changed = (0..100).filter(|number| mutant(&file, *number) != file).count();
        assert!(changed > 95, "{changed}");
        assert_eq!(mutant(&file, 7), mutant(&file, 7));
    }
}
