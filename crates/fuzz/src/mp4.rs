use bytes::Bytes;
use cmaf::faststart::{Index, Moov, Piece, top_box};
use cmaf::{Event, FragmentReader, Limits, Segmenter, SegmenterConfig, edit, h264};

/// Fragmented MP4 as from a pipe, in pieces whose sizes the input chooses, up to segments.
pub(crate) fn fragments(bytes: &[u8]) {
    let Some((step, bytes)) = bytes.split_first() else { return };
    let _moved = edit::moved(bytes, -1);
    let mut reader = FragmentReader::new(Limits::default());
    let mut segmenter: Option<Segmenter> = None;
    let mut written = 0usize;
    for piece in bytes.chunks(usize::from(*step).saturating_mul(16).max(1)) {
        reader.push(piece);
        loop {
            match reader.poll() {
                Ok(Some(Event::Init(init))) => {
                    // What an edit asks of the parameter sets of a copied picture.
                    let _number = h264::free_number(&init);
                    if let Ok(both) = h264::joined(&init, &init) {
                        assert_eq!(both.track.timescale, init.track.timescale);
                    }
                    segmenter =
                        Segmenter::new(&init.track, SegmenterConfig::new(vec![0, 1_000_000, 2_000_000])).ok();
                }
                Ok(Some(Event::Fragment(fragment))) => {
                    for sample in &fragment.samples {
                        let _found = h264::sequence_parameters(&sample.data);
                    }
                    let Some(cutter) = segmenter.as_mut() else { continue };
                    match cutter.push(fragment) {
                        Ok(segments) => {
                            written += segments.iter().map(|segment| segment.bytes.len()).sum::<usize>();
                        }
                        Err(_) => segmenter = None,
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        // What is held follows what came, not what a box says of itself.
        assert!(reader.buffered() <= bytes.len(), "{} bytes held of {}", reader.buffered(), bytes.len());
    }
    assert!(written <= bytes.len().saturating_mul(64) + (1 << 20), "{written} bytes out of {}", bytes.len());
    let _incomplete = reader.finish();
}

/// The index of an MP4 that still arrives: a view and a twin that follow what it says, within the file.
pub(crate) fn index(bytes: &[u8]) {
    let Some((size, moov)) = bytes.split_first_chunk::<4>() else { return };
    let file_size = u64::from(u32::from_le_bytes(*size));
    let _box = top_box(moov, 0, file_size);
    let Ok(Moov::Indexed(index)) = Index::read(Bytes::copy_from_slice(moov), Bytes::new(), 0, file_size)
    else {
        return;
    };
    for piece in index.view().into_iter().flatten() {
        if let Piece::Source(range) = piece {
            assert!(range.start <= range.end && range.end <= file_size, "{range:?} of {file_size}");
        }
    }
    if let Ok(twin) = index.twin() {
        let _size = twin.size_at(0, 1);
    }
}
