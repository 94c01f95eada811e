//! Captions of an edit: cues are moved with their moments. A cue of which less than half was kept goes, because its words belong to
//! what was cut.

use super::{Making, folder};
use crate::Error;
use blobs::ObjectKey;
use bytes::Bytes;
use domain::edit::{Keep, Span};
use media::captions::webvtt::{Cue, parse, write};
use store::tracks::Caption;

pub(super) async fn cut(making: &Making<'_>, captions: &[Caption]) -> Result<Vec<Caption>, Error> {
    let mut kept = Vec::with_capacity(captions.len());
    for caption in captions {
        let key = ObjectKey::parse(caption.key.as_str())?;
        let bytes = making.run.services.blobs.read(&key).await?;
        let cues: Vec<_> = parse(&String::from_utf8_lossy(&bytes))
            .into_iter()
            .filter_map(|cue| moved(cue, &making.keep))
            .collect();
        let bytes = Bytes::from(write(&cues));
        let hash = cmaf::ContentHash::of(&bytes);
        let name = format!("{}/captions/{}-{hash}.vtt", folder(making.version), caption.lang);
        kept.push(Caption { key: making.put(&name, bytes).await?, ..caption.clone() });
    }
    Ok(kept)
}

fn moved(cue: Cue, keep: &Keep) -> Option<Cue> {
    let us = |ms: u64| i64::try_from(ms).ok()?.checked_mul(1000);
    let whole = Span { start_us: us(cue.start_ms)?, end_us: us(cue.end_ms)? };
    let (left, kept) = keep.left_of(whole)?;
    if kept.saturating_mul(2) < whole.length_us() {
        return None;
    }
    let ms = |us: i64| u64::try_from(us / 1000).ok();
    let (start_ms, end_ms) = (ms(left.start_us)?, ms(left.end_us)?);
    (start_ms < end_ms).then_some(Cue { start_ms, end_ms, text: cue.text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_goes_with_its_words() {
        let keep = Keep::parse(
            &[Span { start_us: 0, end_us: 1_000_000 }, Span { start_us: 3_000_000, end_us: 5_000_000 }],
            5_000_000,
        )
        .unwrap();
        let cue = |start_ms, end_ms| Cue { start_ms, end_ms, text: "x".to_owned() };
        assert_eq!(moved(cue(200, 800), &keep), Some(cue(200, 800)));
        assert_eq!(moved(cue(1_200, 2_800), &keep), None);
        assert_eq!(moved(cue(800, 2_000), &keep), None, "most of it was cut");
        assert_eq!(moved(cue(2_500, 4_000), &keep), Some(cue(1_000, 2_000)));
        assert_eq!(moved(cue(500, 4_500), &keep), Some(cue(500, 2_500)));
    }
}
