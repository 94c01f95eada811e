use super::playlists::{answer_as, below_video};
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::VideoId;
use std::fmt::Write as _;
use store::tracks::Storyboard;

/// The storyboard as WebVTT whose cues name a sheet and the tile's place on it, which players know as thumbnails.
pub(super) async fn vtt(app: &App, video: &VideoId, headers: &HeaderMap) -> Result<Response> {
    let storyboard = app.store.storyboard(video).await?.ok_or_else(Problem::not_found)?;
    let listed = app.store.video(video).await?.ok_or_else(Problem::not_found)?;
    let text = render(&storyboard, listed.video.duration.unwrap_or(0));
    Ok(answer_as("text/vtt; charset=utf-8", &text, headers))
}

/// Each cue ends where the next one begins, the last one at `end`, in microseconds.
pub(super) fn render(storyboard: &Storyboard, end: i64) -> String {
    let Storyboard { tile_width, tile_height, columns, rows, starts, sheets } = storyboard;
    let columns = (*columns).max(1);
    let per_sheet = columns.saturating_mul(*rows).max(1);
    let mut text = "WEBVTT\n".to_owned();
    let ends = starts.iter().skip(1).copied().chain([end]);
    for ((index, start), end) in (0_u32..).zip(starts).zip(ends) {
        let (sheet, place) = (index / per_sheet, index % per_sheet);
        let Some(sheet) = usize::try_from(sheet).ok().and_then(|sheet| sheets.get(sheet)) else { break };
        if end <= *start {
            continue;
        }
        let x = (place % columns).saturating_mul(*tile_width);
        let y = (place / columns).saturating_mul(*tile_height);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{} --> {}\n{}#xywh={x},{y},{tile_width},{tile_height}\n",
            timestamp(*start),
            timestamp(end),
            below_video(sheet)
        );
    }
    text
}

/// `hh:mm:ss.ttt`, rounded down so that cues do not overlap.
fn timestamp(micros: i64) -> String {
    let millis = micros.max(0) / 1000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_names_its_tile() {
        let storyboard = Storyboard {
            tile_width: 160,
            tile_height: 90,
            columns: 2,
            rows: 1,
            starts: vec![0, 2_000_000, 3_600_000_999, 3_700_000_000],
            sheets: vec!["videos/abc/storyboard-0-00.jpg".into(), "videos/abc/storyboard-1-11.jpg".into()],
        };
        let expected = "WEBVTT\n\n\
            00:00:00.000 --> 00:00:02.000\nstoryboard-0-00.jpg#xywh=0,0,160,90\n\n\
            00:00:02.000 --> 01:00:00.000\nstoryboard-0-00.jpg#xywh=160,0,160,90\n\n\
            01:00:00.000 --> 01:01:40.000\nstoryboard-1-11.jpg#xywh=0,0,160,90\n\n\
            01:01:40.000 --> 01:01:41.500\nstoryboard-1-11.jpg#xywh=160,0,160,90\n";
        assert_eq!(render(&storyboard, 3_701_500_000), expected);
    }
}
