//! Films in ISO base media (ISO/IEC 14496-12) whose boxes lie.

use super::{Lures, Trick, bombs, trick};

/// A box.
fn boxed(name: &[u8; 4], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], name, body].concat()
}

/// A box with version and flags.
fn full(name: &[u8; 4], body: impl AsRef<[u8]>) -> Vec<u8> {
    boxed(name, [&[0; 4][..], body.as_ref()].concat())
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// One track of pictures, each box of which can be replaced by one that lies.
struct Track {
    size: (u16, u16),
    format: [u8; 4],
    timescale: u32,
    data_reference: Vec<u8>,
    edits: Vec<u8>,
    stts: Vec<u8>,
    stsz: Vec<u8>,
    stsc: Vec<u8>,
    stco: Vec<u8>,
}

impl Track {
    /// `count` samples of `length` bytes in one chunk behind `ftyp`.
    fn new(format: &[u8; 4], count: u32, length: u32) -> Self {
        Self {
            size: (320, 180),
            format: *format,
            timescale: 25,
            data_reference: full(b"url ", [])
                .iter()
                .enumerate()
                .map(|(at, byte)| byte | u8::from(at == 11))
                .collect(),
            edits: Vec::new(),
            stts: words(&[1, count, 1]),
            stsz: words(&[length, count]),
            stsc: words(&[1, 1, count, 1]),
            stco: words(&[1, FIRST_BYTE]),
        }
    }

    fn boxes(&self) -> Vec<u8> {
        let (width, height) = self.size;
        let mut entry = vec![0; 6];
        entry.extend([0, 1]);
        entry.extend([0; 16]);
        entry.extend(width.to_be_bytes());
        entry.extend(height.to_be_bytes());
        entry.extend(words(&[0x48_0000, 0x48_0000, 0]));
        entry.extend([0, 1]);
        entry.extend([0; 32]);
        entry.extend([0, 24, 0xff, 0xff]);
        let entry = boxed(&self.format, entry);
        let stbl = [
            full(b"stsd", [words(&[1]), entry].concat()),
            full(b"stts", &self.stts),
            full(b"stsc", &self.stsc),
            full(b"stsz", &self.stsz),
            full(b"stco", &self.stco),
        ]
        .concat();
        let dref = full(b"dref", [words(&[1]), self.data_reference.clone()].concat());
        let minf = [full(b"vmhd", [0; 8]), boxed(b"dinf", dref), boxed(b"stbl", stbl)].concat();
        let mdia = [
            full(b"mdhd", words(&[0, 0, self.timescale, 1, 0x55c4_0000])),
            full(b"hdlr", [&words(&[0])[..], b"vide", &[0; 13]].concat()),
            boxed(b"minf", minf),
        ]
        .concat();
        let mut tkhd = words(&[0, 0, 1, 0, 1, 0, 0, 0, 0]);
        tkhd.extend(words(&[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]));
        tkhd.extend(words(&[u32::from(width) << 16, u32::from(height) << 16]));
        boxed(b"trak", [full(b"tkhd", tkhd), self.edits.clone(), boxed(b"mdia", mdia)].concat())
    }
}

/// `ftyp`, the samples, `moov`.
fn film(samples: &[u8], moov: &[u8]) -> Vec<u8> {
    [boxed(b"ftyp", *b"isom\0\0\x02\0isomiso2"), boxed(b"mdat", samples), boxed(b"moov", moov)].concat()
}

/// Where `mdat`'s bytes begin.
const FIRST_BYTE: u32 = 24 + 8;

fn header() -> Vec<u8> {
    let mut mvhd = words(&[0, 0, 1000, 1000, 0x1_0000, 0x0100_0000, 0, 0]);
    mvhd.extend(words(&[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000, 0, 0, 0, 0, 0, 0, 2]));
    full(b"mvhd", mvhd)
}

/// A film of one track that holds `samples`.
fn of(samples: &[u8], track: &Track) -> Vec<u8> {
    film(samples, &[header(), track.boxes()].concat())
}

pub(super) fn all(lures: &Lures) -> Vec<Trick> {
    let mut all = references(lures);
    all.extend(counts());
    all.extend(sizes());
    all.extend(shapes());
    all
}

/// Samples that are said to lie in other files.
fn references(lures: &Lures) -> Vec<Trick> {
    let samples = [0; 100];
    let with = |name, data_reference| {
        trick(name, of(&samples, &Track { data_reference, ..Track::new(b"mp4v", 10, 10) }))
    };
    let url = |address: &str| full(b"url ", [address.as_bytes(), b"\0"].concat());
    vec![
        with("dref to a file", url(&lures.file())),
        with("dref to an address", url(&lures.http("dref.mp4"))),
        with("dref by name", full(b"urn ", [b"urn:x\0", lures.http("urn").as_bytes(), b"\0"].concat())),
        with("dref by alias", full(b"alis", alias(&lures.film.display().to_string()))),
        with("dref upwards", full(b"alis", alias("/../../../../../../etc/passwd"))),
    ]
}

/// A Macintosh alias record with an absolute path, as FFmpeg reads it.
fn alias(path: &str) -> Vec<u8> {
    let mut out = vec![0; 10];
    out.push(0); // Length of the volume's name.
    out.extend([0; 27 + 12]);
    out.push(0); // Length of the file's name.
    out.extend([0; 63 + 16]);
    out.extend([0, 1, 0, 1]); // Levels up and down.
    out.extend([0; 16]);
    out.extend([0, 2]);
    out.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
    out.extend(path.as_bytes());
    out.resize(out.len() + path.len() % 2, 0);
    out.extend([0xff, 0xff, 0, 0]);
    out
}

/// Tables that claim more entries than the file has bytes.
fn counts() -> Vec<Trick> {
    const MOST: u32 = u32::MAX;
    let jpeg = bombs::jpeg(16, 16);
    let length = u32::try_from(jpeg.len()).unwrap();
    let with = |name, change: fn(&mut Track)| {
        let mut track = Track::new(b"jpeg", 1, length);
        change(&mut track);
        trick(name, of(&jpeg, &track))
    };
    let fragment = |name, samples: u32| {
        let mvex = boxed(b"mvex", full(b"trex", words(&[1, 1, 1, 1, 0])));
        let moov = [header(), Track::new(b"jpeg", 0, 0).boxes(), mvex].concat();
        let tfhd = full(b"tfhd", words(&[1]));
        let moof =
            [full(b"mfhd", words(&[1])), boxed(b"traf", [tfhd, full(b"trun", words(&[samples]))].concat())];
        let mut bytes = film(&[], &moov);
        bytes.extend(boxed(b"moof", moof.concat()));
        bytes.extend(boxed(b"mdat", [0; 64]));
        trick(name, bytes)
    };
    vec![
        with("4 G samples of one byte", |track| {
            (track.stsz, track.stts) = (words(&[1, MOST]), words(&[1, MOST, 1]));
            track.stsc = words(&[1, 1, MOST, 1]);
        }),
        with("100 M samples of nothing", |track| {
            (track.stsz, track.stts) = (words(&[0, 100_000_000]), words(&[1, 100_000_000, 1]));
            track.stsc = words(&[1, 1, 100_000_000, 1]);
        }),
        with("4 G chunks", |track| track.stco = words(&[MOST, 0])),
        with("4 G runs", |track| track.stsc = words(&[MOST, 1, 1, 1])),
        with("4 G durations", |track| track.stts = words(&[MOST, 1, 1])),
        with("4 G edits", |track| {
            track.edits = boxed(b"edts", full(b"elst", words(&[MOST, 1, 0, 0x1_0000])));
        }),
        with("many edits", |track| {
            let edits: Vec<u32> =
                std::iter::once(5000).chain((0..5000).flat_map(|_| [1000, 0, 0x1_0000])).collect();
            track.edits = boxed(b"edts", full(b"elst", words(&edits)));
        }),
        with("a billion seconds", |track| {
            track.timescale = 1;
            (track.stsz, track.stsc) = (words(&[1, 2]), words(&[1, 1, 2, 1]));
            track.stts = words(&[2, 1, 1_000_000_000, 1, 1]);
        }),
        with("ten hours of one picture", |track| {
            track.timescale = 1;
            (track.stsz, track.stsc) = (words(&[track.stsz_length(), 20]), words(&[1, 1, 1, 1]));
            track.stco =
                std::iter::once(20).chain((0..20).map(|_| FIRST_BYTE)).flat_map(u32::to_be_bytes).collect();
            track.stts = words(&[1, 20, 1800]);
        }),
        with("a million pictures in a second", |track| {
            track.timescale = 1_000_000;
            track.stsz = words(&[track.stsz_length(), 1_000_000]);
            (track.stsc, track.stts) = (words(&[1, 1, 1_000_000, 1]), words(&[1, 1_000_000, 1]));
        }),
        fragment("4 G samples in a fragment", MOST),
        fragment("50 M samples in a fragment", 50_000_000),
    ]
}

impl Track {
    /// The length that all samples have.
    fn stsz_length(&self) -> u32 {
        u32::from_be_bytes(*self.stsz.first_chunk().unwrap())
    }
}

/// Pictures that are larger than they should be.
fn sizes() -> Vec<Trick> {
    let with = |name, format: &[u8; 4], size, sample: &[u8]| {
        let length = u32::try_from(sample.len()).unwrap();
        trick(name, of(sample, &Track { size, ..Track::new(format, 1, length) }))
    };
    vec![
        with("65,535 pixels a side", b"jpeg", (65_535, 65_535), &bombs::jpeg(16, 16)),
        with("a jpeg of 65,500 pixels a side", b"jpeg", (320, 180), &bombs::jpeg(65_500, 65_500)),
        with("a png of 16,384 pixels a side", b"png ", (320, 180), &bombs::png(16_384, 16_384)),
        with("a png of 3,000 pixels a side", b"png ", (3000, 3000), &bombs::png(3000, 3000)),
        with("raw pictures of 65,535 pixels a side", b"raw ", (65_535, 65_535), &[0; 64]),
        with("a line of 65,535 pixels", b"jpeg", (65_535, 1), &bombs::jpeg(16, 16)),
    ]
}

/// Boxes in odd places and sizes.
fn shapes() -> Vec<Trick> {
    let nested = |name: &[u8; 4], depth: usize| {
        (0..depth).rev().fold(Vec::new(), |mut bytes: Vec<u8>, level| {
            // Written from the inside out, the size is what stands behind: cheap only when appended in reverse.
            bytes.extend(name.iter().rev());
            bytes.extend(u32::try_from((depth - level) * 8).unwrap().to_le_bytes());
            bytes
        })
    };
    let outermost_first = |mut bytes: Vec<u8>| {
        bytes.reverse();
        bytes
    };
    let front = boxed(b"ftyp", *b"isom\0\0\x02\0isomiso2");
    let deep = |name, kind| trick(name, [front.clone(), outermost_first(nested(kind, 100_000))].concat());
    let track = Track::new(b"jpeg", 0, 0).boxes();
    let many = [header(), track.repeat(5000)].concat();
    let zeros = bombs::zlib(100 << 20);
    let compressed =
        [boxed(b"dcom", b"zlib"), boxed(b"cmvd", [&words(&[0x7fff_fff0])[..], &zeros].concat())].concat();
    let endless = [&front[..], &[0, 0, 0, 1], b"moov", &[0x7f; 8], &header()].concat();
    let tfra = full(b"tfra", words(&[1, 0, u32::MAX, 0, 0, 0]));
    let mfra = boxed(b"mfra", [tfra, full(b"mfro", words(&[56]))].concat());
    vec![
        deep("moov in moov", b"moov"),
        deep("udta in udta", b"udta"),
        trick("5,000 tracks", film(&[], &many)),
        trick("a compressed index of 2 GB", film(&[], &boxed(b"cmov", compressed))),
        trick("a box of 2^63 bytes", endless),
        trick("an index of fragments that names itself", [film(&[], &header()), mfra].concat()),
        trick("only a header", film(&[], &header())),
    ]
}
