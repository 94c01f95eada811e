use super::*;
use proptest::prelude::*;

/// A box.
fn mp4_box(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut out = (u32::try_from(payload.len() + 8).unwrap()).to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(payload);
    out
}

fn full(kind: &[u8; 4], numbers: &[u32]) -> Vec<u8> {
    let mut payload = vec![0; 4];
    payload.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    mp4_box(kind, &payload)
}

fn trak(handler: &[u8; 4], offsets: &[u32], per_chunk: u32, sizes: &[u32], delta: u32) -> Vec<u8> {
    let with_count =
        |first: &[u32], rest: &[u32]| [first, &[u32::try_from(rest.len()).unwrap()], rest].concat();
    let stbl = [
        full(b"stts", &[1, u32::try_from(sizes.len()).unwrap(), delta]),
        full(b"stsc", &[1, 1, per_chunk, 1]),
        full(b"stsz", &with_count(&[0], sizes)),
        full(b"stco", &with_count(&[], offsets)),
    ]
    .concat();
    let dref = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &mp4_box(b"url ", &[0, 0, 0, 1])].concat();
    let dinf = mp4_box(b"dinf", &mp4_box(b"dref", &dref));
    let minf = mp4_box(b"minf", &[dinf, mp4_box(b"stbl", &stbl)].concat());
    let hdlr = mp4_box(b"hdlr", &[&[0; 8][..], handler, &[0; 13]].concat());
    let mdia = [full(b"mdhd", &[0, 0, 1000, 0, 0]), hdlr, minf].concat();
    mp4_box(b"trak", &mp4_box(b"mdia", &mdia))
}

const FTYP: &[u8] = b"\0\0\0\x10ftypisom\0\0\0\0";
/// The file: ftyp, an mdat with 4 chunks of two samples, then the index.
const CHUNKS: [u32; 2] = [24, 44];

fn moov() -> Vec<u8> {
    let picture = trak(b"vide", &CHUNKS, 2, &[5, 6, 7, 8], 500);
    let sound = trak(b"soun", &[35, 59], 2, &[4, 5, 3, 4], 500);
    mp4_box(b"moov", &[picture, sound].concat())
}

fn read(moov: Vec<u8>, at: u64, size: u64) -> Result<Moov, Refusal> {
    Index::read(Bytes::from(moov), Bytes::from_static(FTYP), at, size)
}

fn index() -> Index {
    let moov = moov();
    let size = 66 + moov.len() as u64;
    match read(moov, 66, size).unwrap() {
        Moov::Indexed(index) => index,
        Moov::Fragmented => panic!("fragmented"),
    }
}

#[test]
fn the_index_comes_to_the_front_and_offsets_follow() {
    let index = index();
    let pieces = index.view().unwrap();
    let length = index.moov.len() as u64;
    let [Piece::Bytes(head), Piece::Source(media)] = &pieces[..] else { panic!("{pieces:?}") };
    assert_eq!((media.clone(), head.len() as u64), (16..66, 16 + length));
    let Moov::Indexed(moved) = read(head[16..].to_vec(), 16, 66 + length).unwrap() else { panic!() };
    let offsets: Vec<_> = moved.tracks.iter().flat_map(|track| track.chunk_offsets(&moved.moov)).collect();
    assert_eq!(offsets, [24, 44, 35, 59].map(|offset| offset + length));
    // What has its index in front is a stream already.
    assert_eq!(moved.view().unwrap(), [Piece::Source(0..66 + length)]);
}

#[test]
fn a_twin_has_a_byte_for_each_sample_and_knows_its_real_size() {
    let twin = index().twin().unwrap();
    let first = twin.head.len() as u64;
    assert_eq!(twin.size, first + 8);
    let sizes: Vec<_> = (0..8).map(|n| twin.size_at(first + n, 1)).collect();
    assert_eq!(sizes, [5, 6, 7, 8, 4, 5, 3, 4]);
    assert_eq!((twin.size_at(first + 8, 9), twin.size_at(0, 9)), (9, 9));
    let moov = twin.head[16..twin.head.len() - 16].to_vec();
    let Moov::Indexed(shrunk) = read(moov, 16, twin.size).unwrap() else { panic!() };
    let offsets: Vec<_> = shrunk.tracks.iter().flat_map(|track| track.chunk_offsets(&shrunk.moov)).collect();
    assert_eq!(offsets, [0, 2, 4, 6].map(|n| first + n));
}

#[test]
fn tracks_that_lie_apart_are_refused() {
    let far = 40 << 20;
    let size = 3 << 20;
    let picture = trak(b"vide", &[24], 10, &[size; 10], 1000);
    let sound = trak(b"soun", &[24 + 10 * size], 10, &[100; 10], 1000);
    let moov = mp4_box(b"moov", &[picture, sound].concat());
    let refused = read(moov, far, far + 2000).unwrap_err();
    assert_eq!(refused, Refusal::Interleave(u64::from(size) * 9));
}

#[test]
fn a_chunk_outside_the_file_or_inside_the_index_is_refused() {
    for offset in [0, 66, 70, 5000] {
        let moov = mp4_box(b"moov", &trak(b"vide", &[offset], 2, &[1, 1], 500));
        let size = 66 + moov.len() as u64;
        assert_eq!(read(moov, 66, size).unwrap_err(), Refusal::Outside, "{offset}");
    }
}

#[test]
fn what_cannot_be_played_early_is_refused() {
    let refused = |child: Vec<u8>| read(mp4_box(b"moov", &child), 66, 5000);
    assert!(matches!(refused(mp4_box(b"mvex", b"")), Ok(Moov::Fragmented)));
    assert_eq!(refused(mp4_box(b"cmov", b"")).unwrap_err(), Refusal::Compressed);
    let mut elsewhere = moov();
    let url = elsewhere.windows(4).position(|four| four == b"url ").unwrap();
    elsewhere[url + 7] = 0;
    assert_eq!(read(elsewhere, 66, 5000).unwrap_err(), Refusal::External);
    let tracks = trak(b"vide", &[24], 1, &[1], 1).repeat(40);
    assert_eq!(refused(tracks).unwrap_err(), Refusal::TooMany);
}

#[test]
fn a_count_that_the_box_does_not_hold_costs_nothing() {
    for kind in [b"stco", b"stsz", b"stsc", b"stts"] {
        let mut huge = moov();
        let at = huge.windows(4).position(|four| four == kind).unwrap();
        let count = at + if kind == b"stsz" { 12 } else { 8 };
        huge[count..count + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(read(huge, 66, 5000).is_err(), "{kind:?}");
    }
    // Samples of one size need no table: a count of four thousand million is refused when they would be copied.
    let mut fixed = moov();
    let at = fixed.windows(4).position(|four| four == b"stsz").unwrap();
    fixed[at + 8..at + 16].copy_from_slice(&[0xff; 8]);
    let Moov::Indexed(index) = read(fixed, 66, 5000).unwrap() else { panic!() };
    assert!(matches!(index.twin(), Err(Refusal::Table(_))));
}

#[test]
fn boxes_of_a_file_end_within_it() {
    let header = b"\0\0\0\x14mdat........";
    assert_eq!(top_box(header, 16, 36).unwrap().range, 16..36);
    assert_eq!(top_box(header, 16, 35), Err(Refusal::Outside));
    assert_eq!(top_box(b"\0\0\0\0mdat........", 16, 35).unwrap().range, 16..35);
    assert_eq!(top_box(b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff", 16, 35), Err(Refusal::Outside));
    assert!(top_box(b"\0\0", 16, 35).is_err());
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
                                cut in any::<prop::sample::Index>(), whole in any::<bool>()) {
        let mut bytes = moov();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(Moov::Indexed(index)) = read(bytes, 66, 5000) {
            let _ = (index.view(), index.twin().map(|twin| twin.size));
        }
    }
}
