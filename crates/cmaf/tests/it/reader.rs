//! FFmpeg's streams through [`FragmentReader`], whole, in pieces and broken.

use cmaf::{Event, FragmentReader, Limits, ReadError, Sample, TrackKind};
use proptest::prelude::*;

use crate::support::{fixture, read, read_chunks};

#[test]
fn a_track_says_its_codec_size_and_timescale() {
    let video = TrackKind::Video { width: 64, height: 36 };
    let audio = |channels| TrackKind::Audio { channels, sample_rate: 48_000 };
    for (name, codec, kind, timescale) in [
        ("video.mp4", "avc1.64000a", video, 12_288),
        ("video-vfr.mp4", "avc1.64000a", video, 15_360),
        ("hevc.mp4", "hvc1.1.6.L30.90", video, 12_288),
        ("vp9.mp4", "vp09.00.10.08", video, 12_288),
        ("av1.mp4", "av01.0.00M.08", video, 12_288),
        ("audio.mp4", "mp4a.40.2", audio(1), 48_000),
        ("audio-delay-moov.mp4", "mp4a.40.2", audio(1), 48_000),
        ("opus.mp4", "opus", audio(2), 48_000),
        ("flac.mp4", "fLaC", audio(2), 48_000),
        ("mp3.mp4", "mp4a.6B", audio(2), 48_000),
    ] {
        let (init, fragments) = read(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let track = init.track;
        assert_eq!(
            (track.codec.as_str(), track.kind, track.timescale.get()),
            (codec, kind, timescale),
            "{name}"
        );
        assert!(!fragments.is_empty(), "{name}");
    }
}

#[test]
fn the_init_segment_is_what_ffmpeg_wrote() {
    let bytes = fixture("video.mp4");
    let (init, _) = read(&bytes).unwrap();
    assert_eq!(init.bytes, bytes[..init.bytes.len()]);
    assert!(bytes[init.bytes.len() + 4..].starts_with(b"moof"));
    assert_eq!(cmaf::InitSegment::parse(init.bytes.clone()).unwrap(), init);
}

#[test]
fn samples_have_the_times_and_flags_of_the_stream() {
    let (_, fragments) = read(&fixture("video.mp4")).unwrap();
    assert_eq!(fragments.iter().map(|f| f.samples.len()).collect::<Vec<_>>(), [12, 12, 12]);
    for (second, fragment) in (10..).zip(&fragments) {
        let first = &fragment.samples[0];
        assert_eq!((first.decode_time, first.presentation_time()), (second * 12_288, second * 12_288));
        assert!(first.is_sync() && fragment.samples[1..].iter().all(|sample| !sample.is_sync()));
    }
    let mut shown: Vec<_> =
        fragments.iter().flat_map(|f| &f.samples).map(Sample::presentation_time).collect();
    shown.sort_unstable();
    assert_eq!(shown, (0..36).map(|frame| 122_880 + frame * 1024).collect::<Vec<_>>());
}

#[test]
fn samples_share_the_bytes_of_their_mdat() {
    let bytes = fixture("video.mp4");
    let (_, fragments) = read(&bytes).unwrap();
    let all: Vec<u8> = fragments[0].samples.iter().flat_map(|sample| sample.data.to_vec()).collect();
    assert!(bytes.windows(all.len()).any(|window| window == all));
    let [first, second] = [0, 1].map(|at| fragments[0].samples[at].data.as_ptr_range());
    assert_eq!(first.end, second.start);
}

#[test]
fn aac_without_its_configuration_is_refused() {
    let error = read(&fixture("audio-no-config.mp4")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unsupported codec mp4a: AAC without its AudioSpecificConfig (delay_moov helps)"
    );
}

#[test]
fn av1_without_its_configuration_is_refused() {
    let error = read(&fixture("av1-no-config.mp4")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unsupported codec av01: its configuration box is empty (delay_moov helps)"
    );
}

#[test]
fn a_codec_without_a_known_name_is_refused() {
    let error = read(&fixture("mpeg4.mp4")).unwrap_err();
    assert!(matches!(error, ReadError::UnsupportedCodec { codec, .. } if codec == b"mp4v"), "{error}");
}

#[test]
fn uninteresting_boxes_are_stepped_over_without_holding_them() {
    let mut reader = FragmentReader::new(Limits::default());
    reader.push(b"\0\0\0\x01skip\0\0\x01\0\0\0\0\0");
    for _ in 0..100 {
        reader.push(&[0; 4096]);
        assert_eq!(reader.poll(), Ok(None));
        assert_eq!(reader.buffered(), 0);
    }
}

#[test]
fn boxes_at_wrong_places_are_refused_when_their_header_is_seen() {
    let video = fixture("video.mp4");
    let (init, _) = read(&video).unwrap();
    let with_init = |more: &[u8]| [&init.bytes, more].concat();
    for (bytes, refused) in [
        (b"\0\0\x10\0moof".to_vec(), "unexpected moof box: there was no moov yet"),
        (b"\0\0\x10\0mdat".to_vec(), "unexpected mdat box: there was no moov yet"),
        (with_init(b"\0\0\x10\0mdat"), "unexpected mdat box: there was no moof for it"),
        (with_init(b"\0\0\x10\0moov"), "unexpected moov box: it was there already"),
        (with_init(b"\0\0\0\0moof"), "unsupported: a box that goes on to the end of the stream"),
        (with_init(b"\0\0\0\x07free"), "malformed free box: smaller than its own header"),
        (with_init(b"\x7f\0\0\0moof"), "moof box of 2130706432 bytes is over the limit of 4194304"),
    ] {
        assert_eq!(read(&bytes).unwrap_err().to_string(), refused);
    }
}

#[test]
fn a_fragment_of_too_many_samples_is_refused_before_they_are_listed() {
    let mut reader = FragmentReader::new(Limits { max_samples: 11, ..Limits::default() });
    reader.push(&fixture("video.mp4"));
    assert!(matches!(reader.poll(), Ok(Some(Event::Init(_)))));
    let refused = Err(ReadError::TooManySamples { count: 12, limit: 11 });
    assert_eq!(reader.poll(), refused);
    assert_eq!(reader.poll(), refused, "an error stays");
    assert_eq!(reader.buffered(), 0);
}

#[test]
fn a_stream_that_ends_anywhere_else_than_between_fragments_is_truncated() {
    let bytes = fixture("video.mp4");
    let good: Vec<usize> = (0..bytes.len())
        .filter(|&end| match read_chunks(std::iter::once(&bytes[..end])) {
            Ok(_) => true,
            Err(ReadError::Truncated(_)) => false,
            Err(other) => panic!("at {end}: {other}"),
        })
        .collect();
    // Behind the init segment and behind each of the three fragments.
    assert_eq!(good, [799, 2218, 2989, 3756]);
}

#[test]
fn a_negative_time_in_an_unsigned_field_is_refused() {
    let mut bytes = fixture("video.mp4");
    let tfdt = bytes.windows(4).position(|window| window == b"tfdt").unwrap() + 8;
    bytes[tfdt..tfdt + 8].copy_from_slice(&(-1024_i64).to_be_bytes());
    assert_eq!(read(&bytes).unwrap_err().to_string(), "malformed tfdt box: decode time out of range");
}

#[test]
fn an_edit_list_that_moves_the_track_is_refused() {
    let mut bytes = fixture("video.mp4");
    let trak = bytes.windows(4).position(|window| window == b"trak").unwrap() - 4;
    let mut elst = b"\0\0\0\x24edts\0\0\0\x1celst\0\0\0\0\0\0\0\x01".to_vec();
    elst.extend([0, 0, 0, 0, 0, 0, 4, 0, 0, 1, 0, 0]);
    let grow = |bytes: &mut [u8], at: usize| {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) + 36;
        bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
    };
    let moov = bytes.windows(4).position(|window| window == b"moov").unwrap() - 4;
    grow(&mut bytes, trak);
    grow(&mut bytes, moov);
    bytes.splice(trak + 8..trak + 8, elst);
    assert_eq!(read(&bytes).unwrap_err(), ReadError::Unsupported("an edit list in the init segment"));
}

const STREAMS: [&str; 6] =
    ["video.mp4", "audio.mp4", "video-vfr.mp4", "audio-delay-moov.mp4", "hevc.mp4", "opus.mp4"];

proptest! {
    #[test]
    fn chunk_sizes_do_not_matter(stream in 0..STREAMS.len(), sizes in prop::collection::vec(1usize..700, 1..40)) {
        let bytes = fixture(STREAMS[stream]);
        let mut rest = bytes.as_slice();
        let chunks = sizes.iter().cycle().map_while(|&size| {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            (!chunk.is_empty()).then_some(chunk)
        });
        let in_chunks = read_chunks(chunks).unwrap();
        prop_assert_eq!(in_chunks, read_chunks(std::iter::once(&bytes[..])).unwrap());
    }

    #[test]
    fn damaged_streams_neither_panic_nor_pile_up(
        stream in 0..STREAMS.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
        chunk in 1usize..2000,
    ) {
        let mut bytes = fixture(STREAMS[stream]);
        for (at, byte) in damage {
            *at.get_mut(&mut bytes) = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        let limits = Limits { max_header_bytes: 4096, max_data_bytes: 4096, max_samples: 100 };
        let mut reader = FragmentReader::new(limits);
        'stream: for chunk in bytes.chunks(chunk) {
            reader.push(chunk);
            prop_assert!(reader.buffered() <= 4096 + 2000);
            loop {
                match reader.poll() {
                    Ok(Some(Event::Fragment(fragment))) => {
                        prop_assert!(fragment.samples.len() <= 100);
                        let data: usize = fragment.samples.iter().map(|sample| sample.data.len()).sum();
                        prop_assert!(data <= 100 * 4096);
                    }
                    Ok(Some(Event::Init(_))) => {}
                    Ok(None) => break,
                    Err(_) => break 'stream,
                }
            }
        }
        let _ = reader.finish();
        // The dump is given the same bytes by people who look for the fault.
        prop_assert!(cmaf::boxes::dump(&bytes).lines().count() <= 2001);
    }

    #[test]
    fn noise_is_no_stream(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read_chunks(std::iter::once(&bytes[..])).is_err());
    }
}
