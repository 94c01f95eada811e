//! A whole file out of segments, read back by the sample tables it was given.

use bytes::Bytes;
use cmaf::boxes::{Fields, FourCc, Mp4Box, boxes};
use cmaf::download::{Movie, MovieTrack};
use cmaf::{InitSegment, ReadError, Sample, SampleFlags, Segment, SegmenterConfig};

use crate::support::{borders, cut, fixture, fragment, read, samples_of};

/// A track's init segment and its segments.
type Source = (InitSegment, Vec<Segment>);

fn source(name: &str) -> Source {
    let (init, fragments) = read(&fixture(name)).unwrap();
    let segments = cut(&init.track, SegmenterConfig::new(vec![0, 1_000_000, 2_000_000]), fragments, None);
    (init, segments)
}

fn track((init, segments): &Source) -> Result<MovieTrack, ReadError> {
    let mut track = MovieTrack::new(init)?;
    for segment in segments {
        let moof = boxes(&segment.bytes).next().unwrap()?.size;
        track.add(&segment.bytes[..moof], segment.bytes.len() as u64)?;
    }
    Ok(track)
}

/// The file as a client that asks for all of it gets it.
fn file(sources: &[Source]) -> Vec<u8> {
    let tracks: Vec<_> = sources.iter().map(|source| track(source).unwrap()).collect();
    let movie = Movie::new(&tracks).unwrap();
    let mut out = movie.header.to_vec();
    for part in &movie.parts {
        assert_eq!(part.at, out.len() as u64);
        let segment = &sources[part.track].1[part.segment].bytes;
        out.extend(&segment[part.skip as usize..(part.skip + part.length) as usize]);
    }
    assert_eq!(movie.size, out.len() as u64);
    out
}

/// One sample as a player of the file sees it: presentation time in ticks (edit list applied), duration, sync, bytes.
type Shown = (i64, u32, bool, Bytes);

struct Table<'a>(Mp4Box<'a>);

impl<'a> Table<'a> {
    fn rows(&self, kind: &[u8; 4], width: usize) -> Vec<Vec<u32>> {
        let Some(found) = self.0.child(kind).unwrap() else { return vec![] };
        let mut fields = found.fields();
        fields.skip(if kind == b"stsz" { 8 } else { 4 }).unwrap();
        let count = fields.u32().unwrap();
        let rows = (0..count).map(|_| (0..width).map(|_| fields.u32().unwrap()).collect()).collect();
        assert!(fields.rest().is_empty(), "{}", found.kind);
        rows
    }

    /// Runs of (count, value) one by one.
    fn runs(&self, kind: &[u8; 4]) -> Vec<u32> {
        self.rows(kind, 2).iter().flat_map(|row| vec![row[1]; row[0] as usize]).collect()
    }
}

/// (duration of the empty edit on the movie's clock of 90 kHz, media time of what follows).
fn edits(trak: &Mp4Box<'_>) -> (u32, i64) {
    let elst = trak.required(b"edts").unwrap().required(b"elst").unwrap();
    let mut fields: Fields<'_> = elst.fields();
    fields.skip(4).unwrap();
    let mut empty = 0;
    for _ in 0..fields.u32().unwrap() {
        let (duration, media_time, rate) =
            (fields.u32().unwrap(), fields.i32().unwrap(), fields.u32().unwrap());
        assert_eq!(rate, 0x0001_0000);
        if media_time >= 0 {
            return (empty, i64::from(media_time));
        }
        empty = duration;
    }
    panic!("no edit that shows anything");
}

fn shown(file: &[u8], number: usize) -> Vec<Shown> {
    let moov = boxes(file).find(|found| found.as_ref().unwrap().kind == b"moov").unwrap().unwrap();
    let traks: Vec<_> = moov.children().map(Result::unwrap).filter(|found| found.kind == b"trak").collect();
    let trak = traks[number];
    let mdia = trak.required(b"mdia").unwrap();
    let mut mdhd = mdia.required(b"mdhd").unwrap().fields();
    mdhd.skip(12).unwrap();
    let timescale = i64::from(mdhd.u32().unwrap());
    let table = Table(mdia.required(b"minf").unwrap().required(b"stbl").unwrap());
    let sizes: Vec<u32> = table.rows(b"stsz", 1).into_iter().flatten().collect();
    let durations = table.runs(b"stts");
    let offsets = table.runs(b"ctts");
    let syncs: Vec<u32> = table.rows(b"stss", 1).into_iter().flatten().collect();
    let chunks: Vec<u32> = table.rows(b"stco", 1).into_iter().flatten().collect();
    let runs = table.rows(b"stsc", 3);
    assert_eq!(durations.len(), sizes.len());
    let (empty, media_time) = edits(&trak);
    let mut out: Vec<Shown> = vec![];
    let mut decode = 0_i64;
    for (number, chunk) in (1_u32..).zip(&chunks) {
        let in_chunk = runs.iter().rfind(|run| run[0] <= number).unwrap()[1];
        let mut at = *chunk as usize;
        for _ in 0..in_chunk {
            let index = out.len();
            let offset = i64::from(offsets.get(index).copied().unwrap_or(0));
            let time = decode + offset - media_time + i64::from(empty) * timescale / 90_000;
            let sync = syncs.is_empty() || syncs.contains(&(index as u32 + 1));
            let size = sizes[index] as usize;
            out.push((time, durations[index], sync, Bytes::copy_from_slice(&file[at..at + size])));
            decode += i64::from(durations[index]);
            at += size;
        }
    }
    assert_eq!(out.len(), sizes.len());
    out
}

fn as_shown(samples: &[Sample]) -> Vec<Shown> {
    let one = |sample: &Sample| {
        (sample.presentation_time(), sample.duration, sample.is_sync(), sample.data.clone())
    };
    samples.iter().map(one).collect()
}

#[test]
fn every_sample_is_where_and_when_it_is_in_the_segments() {
    for names in [&["video.mp4", "audio.mp4"][..], &["video-vfr.mp4", "audio.mp4"], &["audio.mp4"]] {
        let sources: Vec<_> = names.iter().map(|name| source(name)).collect();
        let file = file(&sources);
        for (number, (init, segments)) in sources.iter().enumerate() {
            assert_eq!(shown(&file, number), as_shown(&samples_of(init, segments)), "{names:?} {number}");
        }
    }
}

#[test]
fn picture_and_sound_take_turns() {
    let sources = [source("video.mp4"), source("audio.mp4")];
    let tracks: Vec<_> = sources.iter().map(|source| track(source).unwrap()).collect();
    let order: Vec<_> = Movie::new(&tracks).unwrap().parts.iter().map(|part| part.track).collect();
    assert_eq!(order, [0, 1, 0, 1, 0, 1]);
}

/// Segments of made-up samples behind a real init segment, in its ticks.
fn made(name: &str, samples: Vec<Sample>, at: &[i64]) -> Source {
    let (init, _) = read(&fixture(name)).unwrap();
    let mut fragment = fragment(samples);
    fragment.timescale = init.track.timescale;
    let segments = cut(&init.track, borders(at), vec![fragment], None);
    (init, segments)
}

fn tone(decode_time: i64) -> Sample {
    let data = Bytes::from(decode_time.to_string());
    Sample { decode_time, duration: 1024, composition_offset: 0, flags: SampleFlags::SYNC, data }
}

#[test]
fn a_track_that_begins_late_keeps_its_distance_and_a_hole_its_length() {
    // Half a second of nothing, two packets, a hole of a second, two packets: at 48 kHz.
    let starts = [24_000, 25_024, 74_048, 75_072];
    let late = made("audio.mp4", starts.map(tone).to_vec(), &[0, 1_000]);
    assert_eq!(late.1.len(), 2);
    let file = file(&[source("video.mp4"), late]);
    let times: Vec<_> = shown(&file, 1).iter().map(|sample| (sample.0, sample.1)).collect();
    assert_eq!(times, [(24_000, 1024), (25_024, 49_024), (74_048, 1024), (75_072, 1024)]);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let whole = source("audio.mp4");
    let add = |track: &mut MovieTrack, segment: &Segment| {
        let moof = boxes(&segment.bytes).next().unwrap().unwrap().size;
        track.add(&segment.bytes[..moof], segment.bytes.len() as u64)
    };
    let mut twice = MovieTrack::new(&whole.0).unwrap();
    add(&mut twice, &whole.1[1]).unwrap();
    assert!(add(&mut twice, &whole.1[1]).is_err(), "time goes back");
    let mut short = MovieTrack::new(&whole.0).unwrap();
    let bytes = &whole.1[0].bytes;
    assert!(short.add(bytes, 700).is_err(), "a segment that is shorter than its samples");
    assert!(short.add(&bytes[..20], bytes.len() as u64).is_err(), "a head that is cut off");
    assert!(short.add(b"", 0).is_err());
    let mut other = bytes.to_vec();
    other[4..8].copy_from_slice(&FourCc(*b"free").0);
    assert!(short.add(&other, bytes.len() as u64).is_err());
    assert!(Movie::new(&[]).is_err());
    assert!(Movie::new(&[MovieTrack::new(&whole.0).unwrap()]).is_err(), "a track without samples");
}
