//! What of H.264 matters to whoever copies it: whether its parameters stay what the init segment says, and how pictures of two
//! encoders stand behind one init segment.

mod sps;

use bytes::{BufMut, Bytes};

use crate::boxes::{Boxes, FourCc, Mp4Box, boxes};
use crate::{InitSegment, ReadError};

pub use sps::Sequence;

/// The first sequence parameter set in a sample of NAL units with four bytes of length each, as FFmpeg writes them
/// (ISO/IEC 14496-15 §5.3.3.1); `None` when the sample carries none, or is not of that form.
///
/// A browser's recorder puts one before every keyframe. When it differs from the one before, the picture has another size
/// from there on, and the init segment is wrong.
pub fn sequence_parameters(sample: &[u8]) -> Option<&[u8]> {
    const SPS: u8 = 7;
    front_units(sample).find(|unit| kind(unit) == Some(SPS))
}

/// Whether a sample of that form is an IDR picture (Rec. ITU-T H.264 §7.4.1.2.4): nothing after it refers to anything before it,
/// and it may bring other parameter sets.
pub fn begins_anew(sample: &[u8]) -> bool {
    const IDR: u8 = 5;
    front_units(sample).any(|unit| kind(unit) == Some(IDR))
}

/// The first NAL units of a sample: parameter sets and the like stand before the slices.
fn front_units(mut sample: &[u8]) -> impl Iterator<Item = &[u8]> {
    const MOST_UNITS: usize = 16;
    let next = move || {
        let (length, after) = sample.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let unit;
        (unit, sample) = after.split_at_checked(length)?;
        Some(unit)
    };
    std::iter::from_fn(next).take(MOST_UNITS)
}

/// `nal_unit_type`.
fn kind(unit: &[u8]) -> Option<u8> {
    unit.first().map(|header| header & 0x1f)
}

/// `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 §5.3.3.1): what a decoder is told before the first sample.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Configuration {
    profile: u8,
    compatibility: u8,
    level: u8,
    length_size: u8,
    sequence: Vec<Bytes>,
    picture: Vec<Bytes>,
}

const AVCC: FourCc = FourCc(*b"avcC");

/// The `AVCDecoderConfigurationRecord` of an init segment.
///
/// # Errors
/// When it is none of H.264.
pub fn configuration(init: &InitSegment) -> Result<&[u8], ReadError> {
    Ok(avcc(init)?.payload)
}

fn avcc(init: &InitSegment) -> Result<Mp4Box<'_>, ReadError> {
    let missing = |kind| ReadError::MissingBox { kind, parent: crate::boxes::FILE };
    let moov = boxes(&init.bytes).find_kind(b"moov")?.ok_or(missing(FourCc(*b"moov")))?;
    let stbl = moov.required(b"trak")?.required(b"mdia")?.required(b"minf")?.required(b"stbl")?;
    let stsd = stbl.required(b"stsd")?;
    let entry = inside(&stsd)?.next().ok_or(missing(FourCc(*b"avc1")))??;
    inside(&entry)?.find_kind(b"avcC")?.ok_or(missing(AVCC))
}

impl Configuration {
    fn of(init: &InitSegment) -> Result<Self, ReadError> {
        Self::parse(&avcc(init)?)
    }

    fn parse(avcc: &Mp4Box<'_>) -> Result<Self, ReadError> {
        let mut fields = avcc.fields();
        let [_, profile, compatibility, level, length_size, sequences] = fields.array()?;
        let mut sets = |count: u8| -> Result<Vec<Bytes>, ReadError> {
            (0..count)
                .map(|_| {
                    let length = fields.u16()?;
                    Ok(Bytes::copy_from_slice(fields.bytes(usize::from(length))?))
                })
                .collect()
        };
        let sequence = sets(sequences & 0x1f)?;
        let mut fields = sets_after(avcc, &sequence)?;
        let count = fields.u8()?;
        let mut picture = Vec::new();
        for _ in 0..count {
            let length = fields.u16()?;
            picture.push(Bytes::copy_from_slice(fields.bytes(usize::from(length))?));
        }
        Ok(Self { profile, compatibility, level, length_size: length_size & 3, sequence, picture })
    }

    fn write(&self) -> Result<Vec<u8>, ReadError> {
        let too_many = ReadError::Malformed { in_box: AVCC, reason: "too many parameter sets" };
        let count = |sets: &[Bytes], most: usize| {
            u8::try_from(sets.len()).ok().filter(|count| usize::from(*count) <= most).ok_or(too_many.clone())
        };
        let mut out = vec![1, self.profile, self.compatibility, self.level, 0xfc | self.length_size];
        out.put_u8(0xe0 | count(&self.sequence, 31)?);
        for (number, set) in self.sequence.iter().chain(&self.picture).enumerate() {
            if number == self.sequence.len() {
                out.put_u8(count(&self.picture, 255)?);
            }
            out.put_u16(u16::try_from(set.len()).map_err(|_| too_many.clone())?);
            out.put_slice(set);
        }
        if self.profile >= HIGH {
            // 4:2:0, eight bits, no extensions.
            out.put_slice(&[0xfd, 0xf8, 0xf8, 0]);
        }
        Ok(out)
    }
}

const HIGH: u8 = 100;

/// A reader that stands behind the sequence parameter sets.
fn sets_after<'a>(avcc: &Mp4Box<'a>, sequence: &[Bytes]) -> Result<crate::boxes::Fields<'a>, ReadError> {
    let mut fields = avcc.fields();
    fields.skip(6)?;
    for set in sequence {
        fields.skip(set.len().saturating_add(2))?;
    }
    Ok(fields)
}

/// A number of parameter sets, 1 to 31, that none of an init segment has: what is encoded under it can stand beside what is there.
///
/// # Errors
/// When the init segment is not one of H.264, or all numbers are taken.
pub fn free_number(init: &InitSegment) -> Result<u8, ReadError> {
    let known = Configuration::of(init)?;
    let sequence = known.sequence.iter().filter_map(|set| number_at(set, 4));
    let picture = known.picture.iter().filter_map(|set| number_at(set, 1));
    let taken: Vec<u32> = sequence.chain(picture).collect();
    (1..=31_u8)
        .rev()
        .find(|number| !taken.contains(&u32::from(*number)))
        .ok_or(ReadError::Malformed { in_box: AVCC, reason: "too many parameter sets" })
}

/// The exponential Golomb code (ITU-T H.264 §9.1) at the front of a set, behind `skip` bytes.
fn number_at(set: &[u8], skip: usize) -> Option<u32> {
    let bytes = set.get(skip..)?;
    let bit = |at: usize| Some(bytes.get(at / 8)? >> (7 - at % 8) & 1);
    let mut zeros = 0_usize;
    while bit(zeros)? == 0 {
        zeros += 1;
        if zeros > 8 {
            return None;
        }
    }
    let mut value = 0_u32;
    for at in zeros..=zeros.checked_mul(2)? {
        value = value << 1 | u32::from(bit(at)?);
    }
    value.checked_sub(1)
}

/// `init` with the parameter sets of `other` beside its own: samples of both play behind it. Their numbers must differ, see
/// [`free_number`].
///
/// # Errors
/// When one of them is not of H.264, or their NAL units have lengths of different sizes.
pub fn joined(init: &InitSegment, other: &InitSegment) -> Result<InitSegment, ReadError> {
    let (mut ours, theirs) = (Configuration::of(init)?, Configuration::of(other)?);
    if ours.length_size != theirs.length_size {
        return Err(ReadError::Unsupported("NAL units with lengths of two sizes"));
    }
    let differ = ours.profile != theirs.profile;
    ours.profile = ours.profile.max(theirs.profile);
    ours.level = ours.level.max(theirs.level);
    if differ {
        ours.compatibility &= theirs.compatibility;
    }
    ours.sequence.extend(theirs.sequence);
    ours.picture.extend(theirs.picture);
    let path = [*b"moov", *b"trak", *b"mdia", *b"minf", *b"stbl", *b"stsd", *b"avc1", *b"avcC"];
    let bytes = replace(&init.bytes, &path, &ours.write()?)?;
    InitSegment::parse(bytes.into())
}

/// The boxes with the one at `path` exchanged, and the sizes of those around it set right.
fn replace(bytes: &[u8], path: &[[u8; 4]], with: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut out = Vec::with_capacity(bytes.len().saturating_add(with.len()));
    let mut rest = path.split_first();
    for found in boxes(bytes) {
        let found = found?;
        let content = match rest {
            Some((kind, [])) if found.kind.0 == *kind => with.to_vec(),
            Some((kind, inner)) if found.kind.0 == *kind => {
                let (front, inside) = found
                    .payload
                    .split_at_checked(front_of(found.kind))
                    .ok_or(ReadError::Malformed { in_box: found.kind, reason: "ends too early" })?;
                [front, &replace(inside, inner, with)?].concat()
            }
            _ => {
                put(&mut out, found.kind, found.payload)?;
                continue;
            }
        };
        put(&mut out, found.kind, &content)?;
        rest = None;
    }
    if rest.is_some() {
        return Err(ReadError::MissingBox { kind: AVCC, parent: crate::boxes::FILE });
    }
    Ok(out)
}

fn put(out: &mut Vec<u8>, kind: FourCc, content: &[u8]) -> Result<(), ReadError> {
    let size = content.len().checked_add(8).and_then(|size| u32::try_from(size).ok());
    out.put_u32(size.ok_or(ReadError::Malformed { in_box: kind, reason: "too large" })?);
    out.put_slice(&kind.0);
    out.put_slice(content);
    Ok(())
}

/// Bytes in a box in front of the boxes inside it.
fn front_of(kind: FourCc) -> usize {
    match &kind.0 {
        b"stsd" => 8,
        b"avc1" => 78,
        _ => 0,
    }
}

fn inside<'a>(parent: &Mp4Box<'a>) -> Result<Boxes<'a>, ReadError> {
    let mut fields = parent.fields();
    fields.skip(front_of(parent.kind))?;
    Ok(Boxes::inside(parent.kind, fields.rest()))
}

/// What x264 says of 1280 × 720 pictures.
#[cfg(test)]
pub(crate) const AVCC_1280X720: &[u8] = &[
    0x01, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0x00, 0x1a, 0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05,
    0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
    0x01, 0x00, 0x06, 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0x00,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn init() -> InitSegment {
        let mut reader = crate::FragmentReader::new(crate::Limits::default());
        reader.push(include_bytes!("../tests/data/video.mp4"));
        match reader.poll().unwrap() {
            Some(crate::Event::Init(init)) => init,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn two_encoders_stand_behind_one_init_segment() {
        let first = init();
        let before = Configuration::of(&first).unwrap();
        assert_eq!(before.sequence.len(), 1);
        let number = free_number(&first).unwrap();
        assert_eq!(number, 31);
        let mut second = Configuration { level: before.level + 1, ..before.clone() };
        second.sequence = vec![Bytes::from_static(&[0x67, 100, 0, 31, 0b0000_0100, 0b0000_1000])];
        second.picture = vec![Bytes::from_static(&[0x68, 0b0000_0100, 0b0000_1000])];
        assert_eq!(number_at(&second.sequence[0], 4), Some(31));
        let path = [*b"moov", *b"trak", *b"mdia", *b"minf", *b"stbl", *b"stsd", *b"avc1", *b"avcC"];
        let other = replace(&first.bytes, &path, &second.write().unwrap()).unwrap();
        let other = InitSegment::parse(other.into()).unwrap();
        let both = joined(&first, &other).unwrap();
        let after = Configuration::of(&both).unwrap();
        assert_eq!(after.sequence, [before.sequence, second.sequence].concat());
        assert_eq!(after.picture, [before.picture, second.picture].concat());
        assert_eq!(after.level, before.level + 1);
        assert_eq!((&both.track.kind, both.track.timescale), (&first.track.kind, first.track.timescale));
        assert_eq!(free_number(&both).unwrap(), 30);
        // What is not touched stays byte for byte.
        let same =
            replace(&first.bytes, &path, &Configuration::of(&first).unwrap().write().unwrap()).unwrap();
        assert_eq!(same, first.bytes);
    }

    #[test]
    fn numbers_of_parameter_sets_are_read() {
        assert_eq!(number_at(&[0x68, 0b1000_0000], 1), Some(0));
        assert_eq!(number_at(&[0x68, 0b0100_0000], 1), Some(1));
        assert_eq!(number_at(&[0x68, 0b0110_0000], 1), Some(2));
        assert_eq!(number_at(&[0x68, 0b0000_0000, 0x80], 1), None, "cut off");
        assert_eq!(number_at(&[0x68], 1), None);
        assert_eq!(number_at(&[0x68, 0, 0, 0], 1), None);
    }

    fn units(all: &[&[u8]]) -> Vec<u8> {
        all.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    #[test]
    fn a_parameter_set_is_found_before_the_slices() {
        let sample = units(&[&[9, 0xf0], &[0x67, 1, 2], &[0x68, 3], &[0x65, 0, 0]]);
        assert_eq!(sequence_parameters(&sample), Some(&[0x67, 1, 2][..]));
        assert_eq!(sequence_parameters(&units(&[&[0x65, 0, 0]])), None);
        assert!(begins_anew(&sample));
        assert!(
            !begins_anew(&units(&[&[9, 0xf0], &[0x67, 1, 2], &[0x41, 0]])),
            "an intra picture is not enough"
        );
    }

    #[test]
    fn what_is_no_sample_has_none() {
        for bytes in [&[][..], &[0; 3], &[0; 200], &[0xff; 9], &[0, 0, 0, 5, 0x67]] {
            assert_eq!(sequence_parameters(bytes), None, "{bytes:?}");
            assert!(!begins_anew(bytes), "{bytes:?}");
        }
    }
}
