use super::packet::{WRAP, stamps};
use super::*;
use proptest::prelude::*;

const VIDEO: u16 = 0x100;
const SOUND: u16 = 0x101;

/// A packet in which a picture begins at `time`, with a clock reference before it.
fn packet(pid: u16, time: u64) -> Vec<u8> {
    packet_of(0xe0, pid, time)
}

fn packet_of(kind: u8, pid: u16, time: u64) -> Vec<u8> {
    let field = |mark: u8| {
        let bits = |by: u32, mask: u64| u8::try_from(time >> by & mask).unwrap() << 1 | 1;
        let byte = |by: u32| u8::try_from(time >> by & 0xff).unwrap();
        [mark << 4 | bits(30, 7), byte(22), bits(15, 0x7f), byte(7), bits(0, 0x7f)]
    };
    let clock = (time << 15 | 0x7e << 8).to_be_bytes();
    let mut out = vec![0x47, 0x40 | (pid >> 8) as u8, pid as u8, 0x30, 7, 0x10];
    out.extend(&clock[2..]);
    out.extend([0, 0, 1, kind, 0, 0, 0x80, 0xc0, 10]);
    out.extend([field(3), field(1)].concat());
    out.resize(188, 0xff);
    out
}

/// Pictures every 3,600 ticks with sound 900 later.
fn recording(start: u64, pictures: u64) -> Vec<u8> {
    let wrap = WRAP.unsigned_abs();
    let times = (0..pictures).map(|n| (start + n * 3600) % wrap);
    times.flat_map(|time| [packet(VIDEO, time), packet(SOUND, (time + 900) % wrap)].concat()).collect()
}

fn times(bytes: &[u8], pid: u16) -> Vec<u64> {
    bytes.chunks(188).filter_map(stamps).filter(|s| s.pid == pid).map(|s| s.decoded).collect()
}

fn continued(bytes: &[u8], piece: usize) -> Vec<u8> {
    let mut scan = Scan::default();
    bytes.chunks(piece).for_each(|piece| scan.push(piece));
    let mut rewriter = Rewriter::new(scan.finish());
    let mut out: Vec<u8> = bytes.chunks(piece).flat_map(|piece| rewriter.push(piece)).collect();
    out.extend(rewriter.finish());
    out
}

#[test]
fn joined_recordings_run_on_and_stay_in_step() {
    let (first, second) = (recording(126_000, 50), recording(8_000_000_000, 50));
    for later in [&first, &second, &recording(126_000 + 45 * 3600 + 10_000_000, 50)] {
        let bytes = [first.as_slice(), later].concat();
        let out = continued(&bytes, 1000);
        assert_eq!(out.len(), bytes.len());
        let (pictures, sound) = (times(&out, VIDEO), times(&out, SOUND));
        let expected: Vec<_> = (0..100).map(|n| 126_000 + n * 3600).collect();
        assert_eq!(pictures, expected);
        assert_eq!(sound, expected.iter().map(|time| time + 900).collect::<Vec<_>>());
        // The clock went along, its last bits as they were.
        let last = &out[out.len() - 2 * 188..][..188];
        assert_eq!(last[6..12], packet(VIDEO, expected[99])[6..12]);
        assert_eq!(last, packet(VIDEO, expected[99]));
    }
}

#[test]
fn the_picture_says_where_the_next_recording_begins() {
    let mut first = recording(0, 10);
    for time in (10..20).map(|n| n * 3600) {
        first.extend(packet(VIDEO, time));
    }
    let out = continued(&[first, recording(0, 10)].concat(), 188);
    assert_eq!(times(&out, VIDEO), (0..30).map(|n| n * 3600).collect::<Vec<_>>());
    assert_eq!(times(&out, SOUND)[10], 20 * 3600 + 900, "its own end would be ten pictures earlier");
}

#[test]
fn a_clock_that_wraps_or_rests_for_a_while_does_not_jump() {
    let wrap = WRAP.unsigned_abs();
    let pause = [recording(0, 10), recording(10 * 3600 + 800_000, 10)].concat();
    for bytes in [recording(wrap - 20 * 3600, 40), pause] {
        let mut scan = Scan::default();
        scan.push(&bytes);
        assert!(!scan.jumps());
        assert_eq!(scan.finish(), []);
    }
}

#[test]
fn packets_of_192_bytes_and_behind_a_damaged_place_are_found() {
    let joined = [recording(0, 20), recording(0, 20)].concat();
    let m2ts: Vec<u8> = joined.chunks(188).flat_map(|packet| [&[1, 2, 3, 4][..], packet].concat()).collect();
    let out = continued(&m2ts, 777);
    let inner: Vec<u8> = out.chunks(192).flat_map(|packet| packet[4..].to_vec()).collect();
    assert_eq!(times(&inner, VIDEO), (0..40).map(|n| n * 3600).collect::<Vec<_>>());
    let (front, back) = joined.split_at(joined.len() / 2);
    let damaged = [front, &[0x47; 77], back].concat();
    let out = continued(&damaged, 4096);
    let behind = &out[front.len() + 77..];
    assert_eq!(times(behind, SOUND)[19], 39 * 3600 + 900);
}

#[test]
fn only_pictures_and_sound_say_that_the_clock_jumps() {
    let pictures: Vec<_> = (0..20).map(|n| packet(VIDEO, 9_000_000 + n * 3600)).collect();
    let teletext = packet_of(0xbd, 0x200, 0);
    let bytes = pictures.iter().flat_map(|picture| [&teletext[..], picture].concat()).collect::<Vec<_>>();
    assert_eq!(continued(&bytes, 1000), bytes);
}

#[test]
fn a_clock_that_always_jumps_is_left_alone() {
    let bytes: Vec<u8> = (0..1200).flat_map(|n| packet(VIDEO, (n % 2) * 2_000_000)).collect();
    assert_eq!(continued(&bytes, 5000), bytes);
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::write(&from, recording(0, 50)).unwrap();
    assert_eq!(find_jumps(&from).unwrap(), []);
    std::fs::write(&from, recording(0, 50).repeat(2)).unwrap();
    write_continuous(&from, &to, find_jumps(&from).unwrap()).unwrap();
    assert_eq!(times(&std::fs::read(&to).unwrap(), VIDEO).len(), 100);
    assert!(write_continuous(&folder.path().join("absent"), &folder.path().join("x"), vec![]).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

proptest! {
    #[test]
    fn bytes_in_pieces_of_any_size_come_out_alike(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        start in 0..WRAP.unsigned_abs(),
        piece in 1_usize..2000,
    ) {
        let bytes = [recording(start, 8), noise, recording(start / 2, 8)].concat();
        let out = continued(&bytes, piece);
        prop_assert_eq!(out.len(), bytes.len());
        prop_assert_eq!(out, continued(&bytes, bytes.len()));
    }
}
