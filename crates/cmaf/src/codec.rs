//! RFC 6381 codec names out of a sample entry's configuration box.

use crate::ReadError;
use crate::bits::Bits;
use crate::boxes::{Boxes, Fields, FourCc, Mp4Box};

/// What a video sample entry says about itself.
pub(crate) fn video_codec(entry: FourCc, config: &Boxes<'_>) -> Result<String, ReadError> {
    let find = |kind: &[u8; 4]| required_config(entry, config.clone(), kind);
    match &entry.0 {
        b"avc1" | b"avc3" => avc(entry, find(b"avcC")?.fields()),
        b"hvc1" | b"hev1" => hevc(entry, find(b"hvcC")?.fields()),
        b"vp09" => vp9(find(b"vpcC")?.fields()),
        b"av01" => av1(find(b"av1C")?.fields()),
        _ => Err(unsupported(entry, "no known video codec")),
    }
}

/// What an audio sample entry says about itself. The two numbers are from the codec's own configuration, which is
/// right where the sample entry is not (16-bit sample rates, SBR); `None` means that the entry has to be believed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AudioCodec {
    pub(crate) name: String,
    pub(crate) channels: Option<u16>,
    pub(crate) sample_rate: Option<u32>,
}

pub(crate) fn audio_codec(entry: FourCc, config: &Boxes<'_>) -> Result<AudioCodec, ReadError> {
    let find = |kind: &[u8; 4]| required_config(entry, config.clone(), kind);
    let named = |name: &str| AudioCodec { name: name.to_owned(), channels: None, sample_rate: None };
    match &entry.0 {
        b"mp4a" => mpeg4_audio(entry, find(b"esds")?.fields()),
        b"Opus" => {
            // dOps: version, OutputChannelCount. Opus always decodes at 48 kHz. Lower case is what MSE knows.
            let mut fields = find(b"dOps")?.fields();
            fields.skip(1)?;
            let channels = Some(u16::from(fields.u8()?));
            Ok(AudioCodec { channels, sample_rate: Some(48_000), ..named("opus") })
        }
        b"fLaC" => flac(find(b"dfLa")?.fields()),
        b"ac-3" => Ok(named("ac-3")),
        b"ec-3" => Ok(named("ec-3")),
        _ => Err(unsupported(entry, "no known audio codec")),
    }
}

fn required_config<'a>(entry: FourCc, config: Boxes<'a>, kind: &[u8; 4]) -> Result<Mp4Box<'a>, ReadError> {
    let found =
        config.find_kind(kind)?.ok_or(ReadError::MissingBox { kind: FourCc(*kind), parent: entry })?;
    if found.payload.is_empty() {
        // FFmpeg knows AV1's configuration only after the first packet, so with empty_moov it writes an empty av1C.
        return Err(unsupported(entry, "its configuration box is empty (delay_moov helps)"));
    }
    Ok(found)
}

fn unsupported(codec: FourCc, reason: &'static str) -> ReadError {
    ReadError::UnsupportedCodec { codec, reason }
}

/// `avc1.PPCCLL`: profile, constraint flags and level as they stand in `avcC` (ISO/IEC 14496-15 §5.3.3.1).
fn avc(entry: FourCc, mut fields: Fields<'_>) -> Result<String, ReadError> {
    let [_version, profile, constraints, level] = fields.array()?;
    Ok(format!("{entry}.{profile:02x}{constraints:02x}{level:02x}"))
}

/// `hvc1.[A]P.C.TL.constraints` (ISO/IEC 14496-15 annex E.3).
fn hevc(entry: FourCc, mut fields: Fields<'_>) -> Result<String, ReadError> {
    let [_version, profile] = fields.array()?;
    let compatibility = fields.u32()?.reverse_bits();
    let constraints: [u8; 6] = fields.array()?;
    let level = fields.u8()?;
    let space = ["", "A", "B", "C"].get(usize::from(profile >> 6)).copied().unwrap_or_default();
    let tier = if profile & 0x20 == 0 { 'L' } else { 'H' };
    let mut name = format!("{entry}.{space}{}.{compatibility:X}.{tier}{level}", profile & 0x1f);
    let kept = constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for byte in constraints.iter().take(kept) {
        name.push_str(&format!(".{byte:X}"));
    }
    Ok(name)
}

/// `vp09.PP.LL.DD` (VP9 in ISOBMFF, "Codecs Parameter String").
fn vp9(mut fields: Fields<'_>) -> Result<String, ReadError> {
    fields.version_and_flags()?;
    let [profile, level, depth] = fields.array()?;
    Ok(format!("vp09.{profile:02}.{level:02}.{:02}", depth >> 4))
}

/// `av01.P.LLT.DD` (AV1 in ISOBMFF §5).
fn av1(mut fields: Fields<'_>) -> Result<String, ReadError> {
    let [_marker, profile_and_level, bits] = fields.array()?;
    let profile = profile_and_level >> 5;
    let tier = if bits & 0x80 == 0 { 'M' } else { 'H' };
    let depth = match (bits & 0x40 != 0, profile == 2 && bits & 0x20 != 0) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    Ok(format!("av01.{profile}.{:02}{tier}.{depth:02}", profile_and_level & 0x1f))
}

/// The STREAMINFO block of `dfLa`: 20 bits of sample rate and 3 of channels after 10 bytes of sizes.
fn flac(mut fields: Fields<'_>) -> Result<AudioCodec, ReadError> {
    fields.version_and_flags()?;
    fields.skip(4 + 10)?;
    let packed = fields.u32()?;
    let channels = u16::try_from((packed >> 9) & 0b111).ok().map(|less_one| less_one + 1);
    let sample_rate = Some(packed >> 12).filter(|&rate| rate != 0);
    Ok(AudioCodec { name: "fLaC".to_owned(), channels, sample_rate })
}

/// `mp4a.OTI[.AOT]` out of the descriptors of `esds` (ISO/IEC 14496-1 §7.2.6).
fn mpeg4_audio(entry: FourCc, mut fields: Fields<'_>) -> Result<AudioCodec, ReadError> {
    const ES: u8 = 0x03;
    const DECODER_CONFIG: u8 = 0x04;
    const DECODER_SPECIFIC: u8 = 0x05;
    const MPEG4_AUDIO: u8 = 0x40;

    fields.version_and_flags()?;
    let mut es = descriptor(&mut fields, ES)?.ok_or_else(|| fields.malformed("no ES descriptor"))?;
    es.skip(2)?;
    let flags = es.u8()?;
    if flags & 0x80 != 0 {
        es.skip(2)?;
    }
    if flags & 0x40 != 0 {
        let url = es.u8()?;
        es.skip(usize::from(url))?;
    }
    if flags & 0x20 != 0 {
        es.skip(2)?;
    }
    let mut decoder =
        descriptor(&mut es, DECODER_CONFIG)?.ok_or_else(|| fields.malformed("no decoder configuration"))?;
    let object_type = decoder.u8()?;
    if object_type != MPEG4_AUDIO {
        return Ok(AudioCodec { name: format!("mp4a.{object_type:02X}"), channels: None, sample_rate: None });
    }
    decoder.skip(12)?;
    // FFmpeg leaves it out when AAC is copied out of MPEG-TS with empty_moov instead of delay_moov.
    let specific = descriptor(&mut decoder, DECODER_SPECIFIC)?
        .filter(|specific| !specific.rest().is_empty())
        .ok_or_else(|| unsupported(entry, "AAC without its AudioSpecificConfig (delay_moov helps)"))?;
    audio_specific_config(specific.rest())
        .ok_or_else(|| fields.malformed("AudioSpecificConfig ends too early"))
}

/// The next descriptor when it has this tag; its length is 1 to 4 bytes of 7 bits.
fn descriptor<'a>(fields: &mut Fields<'a>, tag: u8) -> Result<Option<Fields<'a>>, ReadError> {
    if fields.rest().first() != Some(&tag) {
        return Ok(None);
    }
    fields.skip(1)?;
    let mut length = 0_usize;
    for _ in 0..4 {
        let byte = fields.u8()?;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            let content = fields.bytes(length)?;
            return Ok(Some(Fields::new(FourCc(*b"esds"), content)));
        }
    }
    Err(fields.malformed("descriptor length of more than four bytes"))
}

/// `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1); `None` when it ends too early.
pub(crate) fn audio_specific_config(bytes: &[u8]) -> Option<AudioCodec> {
    const SBR: u32 = 5;
    const PS: u32 = 29;
    let mut bits = Bits::new(bytes);
    let object_type = bits.object_type()?;
    let mut sample_rate = bits.sample_rate()?;
    let channels = match bits.take(4)? {
        configuration @ 1..=6 => u16::try_from(configuration).ok(),
        7 | 12 | 14 => Some(8),
        11 => Some(7),
        _ => None,
    };
    if matches!(object_type, SBR | PS) {
        sample_rate = bits.sample_rate()?;
    }
    Some(AudioCodec { name: format!("mp4a.40.{object_type}"), channels, sample_rate })
}

impl Bits<'_> {
    fn object_type(&mut self) -> Option<u32> {
        match self.take(5)? {
            31 => Some(32 + self.take(6)?),
            object_type => Some(object_type),
        }
    }

    /// `Some(None)` for the reserved indexes.
    fn sample_rate(&mut self) -> Option<Option<u32>> {
        const RATES: [u32; 13] = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
            7_350,
        ];
        match self.take(4)? {
            15 => Some(Some(self.take(24)?).filter(|&rate| rate != 0)),
            index => Some(RATES.get(usize::try_from(index).ok()?).copied()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(bytes: &[u8]) -> Option<(String, Option<u16>, Option<u32>)> {
        audio_specific_config(bytes).map(|codec| (codec.name, codec.channels, codec.sample_rate))
    }

    fn fields(bytes: &[u8]) -> Fields<'_> {
        Fields::new(FourCc(*b"test"), bytes)
    }

    #[test]
    fn aac_lc_stereo_is_object_type_2() {
        assert_eq!(config(&[0x11, 0x90]), Some(("mp4a.40.2".into(), Some(2), Some(48_000))));
    }

    #[test]
    fn he_aac_gives_the_rate_after_sbr() {
        // 00101 0110 0010 0011 00010 …: SBR over 24 kHz stereo, extended to 48 kHz.
        assert_eq!(config(&[0x2b, 0x11, 0x88]), Some(("mp4a.40.5".into(), Some(2), Some(48_000))));
    }

    #[test]
    fn object_types_over_31_use_the_escape() {
        // 11111 001010 0011 0010: 32 + 10 = 42 (xHE-AAC).
        assert_eq!(config(&[0xf9, 0x46, 0x40]), Some(("mp4a.40.42".into(), Some(2), Some(48_000))));
    }

    #[test]
    fn a_cut_configuration_is_none() {
        assert_eq!(config(&[0x11]), None);
        assert_eq!(config(&[]), None);
    }

    #[test]
    fn hevc_names_reverse_the_compatibility_and_cut_zero_constraints() {
        let bytes = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93];
        assert_eq!(hevc(FourCc(*b"hvc1"), fields(&bytes)).unwrap(), "hvc1.1.6.L93.90");
        let bytes = [1, 0x61, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 120];
        assert_eq!(hevc(FourCc(*b"hev1"), fields(&bytes)).unwrap(), "hev1.A1.6.H120");
    }

    #[test]
    fn av1_depth_follows_profile_and_flags() {
        assert_eq!(av1(fields(&[0x81, 0x08, 0x00])).unwrap(), "av01.0.08M.08");
        assert_eq!(av1(fields(&[0x81, 0x0c, 0xc0])).unwrap(), "av01.0.12H.10");
        assert_eq!(av1(fields(&[0x81, 0x4c, 0x60])).unwrap(), "av01.2.12M.12");
    }

    #[test]
    fn descriptor_lengths_of_four_bytes_are_read_and_five_refused() {
        let mut long = fields(&[3, 0x80, 0x80, 0x80, 1, 0xaa]);
        assert_eq!(descriptor(&mut long, 3).unwrap().unwrap().rest(), [0xaa]);
        let mut endless = fields(&[3, 0x80, 0x80, 0x80, 0x80, 1, 0xaa]);
        assert!(descriptor(&mut endless, 3).is_err());
    }
}
