use super::*;

/// `at` zero bytes, then the given ones, then zeros up to 2 kB.
fn file(start: &[u8]) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(bytes.len().max(2048), 0);
    bytes
}

/// `count` packets of `size` bytes that begin with `head`.
fn packets(head: &[u8], size: usize, count: usize) -> Vec<u8> {
    let mut packet = head.to_vec();
    packet.resize(size, 0xff);
    packet.repeat(count)
}

fn check(bytes: &[u8], expected: Result<Container, Refused>) {
    assert_eq!(sniff(bytes), expected, "{:02x?}", bytes.get(..24).unwrap_or(bytes));
}

#[test]
fn a_gif_that_moves_is_a_film_and_one_that_does_not_is_a_picture() {
    let still = [b"GIF89a\x40\x01\xf0\0\0\0\0".as_slice(), &[0; 64]].concat();
    let moving = [&still[..13], b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", &[0; 64]].concat();
    assert_eq!((sniff(&still), sniff(&moving)), (Err(Refused::Image), Ok(Container::Gif)));
}

#[test]
fn films_and_sounds_are_named() {
    let ebml = |doc_type: &str| {
        let mut bytes = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82".to_vec();
        bytes.push(0x80 | doc_type.len() as u8);
        bytes.extend(doc_type.as_bytes());
        file(&bytes)
    };
    for (bytes, container) in [
        (file(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"), Container::Mp4),
        (file(b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), Container::Mp4),
        (file(b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom"), Container::Mp4),
        (file(b"\0\0\0\x08wide\0\0\x10\0mdat"), Container::Mp4),
        (file(b"\0\0\0\x01mdat\0\0\0\x01\0\0\0\0"), Container::Mp4),
        (file(b"\0\0\x04\0moov\0\0\0\x6cmvhd"), Container::Mp4),
        (ebml("matroska"), Container::Matroska),
        (ebml("webm"), Container::Webm),
        (packets(b"\x47\x40\0\x10", 188, 10), Container::MpegTs),
        (packets(b"\0\0\0\0\x47\x40\0\x10", 192, 10), Container::MpegTs),
        ([&[0x12; 77][..], &packets(b"\x47\x40\0\x10", 188, 12)].concat(), Container::MpegTs),
        (file(b"\0\0\x01\xba\x44\0\x04\0\x04\x01"), Container::MpegPs),
        (file(b"RIFF\x10\x20\x30\0AVI LIST"), Container::Avi),
        (file(b"RIFF\x10\x20\x30\0WAVEfmt "), Container::Wav),
        (file(b"RF64\xff\xff\xff\xffWAVEds64"), Container::Wav),
        (file(b"FORM\0\0\x10\0AIFFCOMM"), Container::Aiff),
        (file(b"FLV\x01\x05\0\0\0\x09"), Container::Flv),
        (file(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"), Container::Asf),
        (file(b"OggS\0\x02\0\0"), Container::Ogg),
        (file(b"fLaC\0\0\0\x22"), Container::Flac),
        // 128 kbit/s at 44.1 kHz: 417 bytes.
        (packets(b"\xff\xfb\x90\x64", 417, 3), Container::Mp3),
        (file(b"ID3\x04\0\0\x7f\x7f\x7f\x7f"), Container::Mp3),
        (
            [b"ID3\x04\0\0\0\0\0\x02xx".to_vec(), packets(b"\xff\xfb\x90\x64", 417, 3)].concat(),
            Container::Mp3,
        ),
        // 371 bytes a frame.
        (packets(b"\xff\xf1\x50\x80\x2e\x7f\xfc", 371, 3), Container::Adts),
        (
            [b"ID3\x04\0\0\0\0\0\x02xx".to_vec(), packets(b"\xff\xf1\x50\x80\x2e\x7f\xfc", 371, 3)].concat(),
            Container::Adts,
        ),
        (file(b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"), Container::W64),
        (file(b"caff\0\x01\0\0desc"), Container::Caf),
        (file(b".snd\0\0\0\x20"), Container::Au),
        (file(b"Creative Voice File\x1a\x1a\0"), Container::Voc),
        (file(b"wvpk\xba\xf6"), Container::WavPack),
        (file(b"TTA1\x01\0"), Container::Tta),
        (file(b"#!AMR\n\x7c"), Container::Amr),
        (file(b"nut/multimedia container\0"), Container::Nut),
        (file(b"\0\0\0\0\x01\xbc\0\0\x01\x54\0\0\0\0\xe1\xe2"), Container::Gxf),
        (file(b"DKIF\0\0\x20\0VP80"), Container::Ivf),
        (file(b"YUV4MPEG2 W160 H90"), Container::Y4m),
        (file(b".RMF\0\0\0\x12"), Container::RealMedia),
        (file(b"\xb7\xd8\x00\x20\x37\x49\xda\x11\xa6\x4e\x00\x07\xe9\x5e\xad\x8d"), Container::Wtv),
        (file(b"\0\0\x01\xb3\x50\x02\xd0\x32"), Container::MpegVideo),
        // 192 kbit/s at 48 kHz: 768 bytes; at 44.1 kHz 834.
        (packets(b"\x0b\x77\0\0\x14\x40", 768, 3), Container::Ac3),
        (packets(b"\x0b\x77\x32\x88\x54\x40", 834, 3), Container::Ac3),
        (packets(b"\x0b\x77\x01\xa0\x74\x87", 834, 3), Container::Eac3),
        (packets(b"\x7f\xfe\x80\x01\xfc\x3c\x7f\xf0", 2048, 3), Container::Dts),
        (file(b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0"), Container::Mxf),
    ] {
        check(&bytes, Ok(container));
    }
    let mut dv = file(b"\x1f\x07\0\x3f\xf8");
    dv[80] = 0x3f;
    check(&dv, Ok(Container::Dv));
}

#[test]
fn the_demuxer_is_never_one_that_opens_others() {
    assert_eq!(Container::Webm.demuxer(), "matroska");
    assert_eq!(Container::Mp4.demuxer(), "mov");
    assert!(Container::MpegTs.has_adts() && !Container::Matroska.has_adts());
}

#[test]
fn what_names_other_files_is_a_playlist() {
    for text in [
        "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "\u{feff}#EXTM3U\n",
        "\r\n \t#extm3u\n",
        "ffconcat version 1.0\nfile a.mp4",
        "file '/etc/passwd'\n",
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">",
        "<!-- x --><smil><body>",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        "[playlist]\nFile1=http://x",
        "http://127.0.0.1/a.ts\n",
        "<?xml version='1.0'?><SmoothStreamingMedia MajorVersion='2'>",
    ] {
        check(text.as_bytes(), Err(Refused::Playlist));
        let utf16: Vec<u8> = "\u{feff}"
            .chars()
            .chain(text.trim_start_matches('\u{feff}').chars())
            .flat_map(|c| (c as u16).to_le_bytes())
            .collect();
        check(&utf16, Err(Refused::Playlist));
    }
}

#[test]
fn what_is_no_film_is_called_by_its_name() {
    for (bytes, refused) in [
        (&b""[..], Refused::Empty),
        (b"Hello, this is my film.\n", Refused::Text),
        (b"{\"a\": 1}", Refused::Text),
        ("Gr\u{fc}\u{df}e".as_bytes(), Refused::Text),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", Refused::Image),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Refused::Image),
        (b"GIF89a\x01\0\x01\0", Refused::Image),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Refused::Image),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", Refused::Image),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Refused::Image),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", Refused::Image),
        (b"II*\0\x08\0\0\0", Refused::Image),
        (b"PK\x03\x04\x14\0", Refused::Archive),
        (b"\x1f\x8b\x08\0", Refused::Archive),
        (b"%PDF-1.7\n", Refused::Document),
        (b"\x7fELF\x02\x01\x01\0", Refused::Executable),
        (b"#!/bin/sh\n", Refused::Executable),
        (&[0xa5; 500], Refused::Unknown),
        (&[0; 500], Refused::Unknown),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84beep", Refused::Unknown),
        // One frame alone may be chance, and pictures without times are no film.
        (b"\x0b\x77\0\0\x14\x40", Refused::Unknown),
        (b"\0\0\0\x01\x67\x64\0\x1f\xac", Refused::Unknown),
    ] {
        check(bytes, Err(refused));
    }
}

#[test]
fn every_refusal_has_a_code_and_a_next_step() {
    for refused in [
        Refused::Empty,
        Refused::Text,
        Refused::Playlist,
        Refused::Image,
        Refused::Archive,
        Refused::Document,
        Refused::Executable,
        Refused::Unknown,
    ] {
        assert!(refused.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        let sentence = refused.to_string();
        assert!(
            sentence.ends_with('.') && sentence.matches(". ").count() + sentence.matches(": ").count() >= 1,
            "{sentence}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let _ = sniff(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_true_start_are_answered(
        start in 0_usize..10,
        rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400),
    ) {
        let starts: [&[u8]; 10] = [b"\x0b\x77", b"\x7f\xfe\x80\x01", b"ID3", b"\xff\xfb", b"\xff\xf1", b"\x1a\x45\xdf\xa3", b"RIFF", b"\x1f\x07\0\x3f", b"\0\0\0\x18ftyp", b"\xff\xfe"];
        let _ = sniff(&[starts[start], &rest].concat());
    }
}
