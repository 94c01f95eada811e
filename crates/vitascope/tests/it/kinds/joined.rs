//! Transport streams that were joined: the clock jumps where the second one begins.

use super::check::near;
use super::measure::{Pictures, Sound};
use super::row::{BLUE, RED};
use crate::{VITASCOPE, server};
use reqwest::StatusCode;
use serde_json::Value;
use testkit::clips::{again, make};
use testkit::{Client, Options, Server, UploadOptions, decode_warnings, extinf_sum};

const X264: &str = "-c:v libx264 -preset ultrafast -g 25 -bf 2 -pix_fmt yuv420p";

/// A recording in one colour that goes white in its middle after a second, when the tone begins.
fn recording(colour: &str, size: &str, seconds: f64) -> Vec<u8> {
    let picture = format!(
        "color=c={colour}:size={size}:rate=25:duration={seconds},\
         drawbox=x=iw*3/8:y=ih*3/8:w=iw/4:h=ih/4:c=white:t=fill:enable='gte(t\\,0.999)'"
    );
    let sound = format!("aevalsrc=0.25*sin(2*PI*1000*t)*gte(t\\,1):s=48000:d={seconds}");
    let words = ["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound];
    let codec: Vec<_> = X264.split(' ').chain(["-c:a", "aac", "-f", "mpegts"]).collect();
    make(&[&words[..], &codec].concat())
}

struct Played {
    video: Value,
    pictures: Pictures,
    sound: Sound,
}

/// Uploads a clip, checks that every rung decodes, and decodes the largest one.
async fn played(clip: &[u8]) -> Played {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    let (_, lists) = ada.playlists(&video).await;
    let rungs = video["rungs"].as_array().unwrap();
    let top = rungs
        .iter()
        .filter(|rung| rung["kind"] == "video")
        .max_by_key(|rung| rung["width"].as_u64())
        .unwrap();
    let size = ["width", "height"].map(|side| usize::try_from(top[side].as_u64().unwrap()).unwrap());
    let url = |name: &str| {
        let (url, _) = lists.iter().find(|(url, _)| url.contains(&format!("/{name}/"))).unwrap();
        format!("{}{url}", server.base)
    };
    for rung in rungs {
        assert_eq!(decode_warnings(&url(rung["name"].as_str().unwrap())), "", "{rung}");
    }
    let pictures = Pictures::of(&url(top["name"].as_str().unwrap()), (size[0], size[1]));
    Played { pictures, sound: Sound::of(&url("audio")), video }
}

impl Played {
    /// Seconds at which the middle goes white, and at which the tone begins, from `from` on.
    fn flash_and_tone(&self, from: f64) -> (f64, f64) {
        let white = |frame: usize| self.pictures.colour(frame, 0.5, 0.5).iter().all(|part| *part > 200.0);
        let flash = (self.pictures.at(from)..self.pictures.frames.len()).find(|frame| white(*frame)).unwrap();
        let samples = &self.sound.channels[0];
        let start = (from * self.sound.rate as f64) as usize;
        let tone = start + samples[start..].iter().position(|sample| sample.abs() > 0.05).unwrap();
        (self.pictures.frames[flash].0, tone as f64 / self.sound.rate as f64)
    }

    fn corner(&self, seconds: f64) -> [f64; 3] {
        self.pictures.colour(self.pictures.at(seconds), 0.1, 0.1)
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_runs_on_with_sound_and_picture_in_step() {
    let played =
        played(&[recording("red", "320x240", 3.0), recording("blue", "320x240", 2.0)].concat()).await;
    let seconds = played.video["duration_seconds"].as_f64().unwrap();
    assert!((seconds - 5.0).abs() < 0.15, "{seconds}");
    assert!(near(played.corner(1.5), RED, 40.0) && near(played.corner(4.0), BLUE, 40.0));
    for (from, expected) in [(0.0, 1.0), (3.2, 4.0)] {
        let (flash, tone) = played.flash_and_tone(from);
        assert!((flash - tone).abs() < 0.045, "flash at {flash}, tone at {tone}");
        assert!((flash - expected).abs() < 0.1, "flash at {flash}, not {expected}");
    }
    let rungs = played.video["rungs"].as_array().unwrap();
    assert!(rungs[0]["copied"] == true, "one picture throughout: {rungs:#?}");
}

#[tokio::test]
async fn a_stream_whose_clock_jumps_while_it_plays_begins_anew_when_it_is_whole() {
    const PART: usize = 16 << 10;
    let first = recording("red", "320x240", 8.0);
    let joined = [first.as_slice(), &recording("blue", "320x240", 2.0)].concat();
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_PART_SIZE", &PART.to_string()));
    let ada = Client::register(&server.base, "ada").await;
    let id =
        ada.init(joined.len() as u64, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let before = first.len() / PART;
    for (index, part) in joined.chunks(PART).enumerate() {
        if index == before {
            assert_eq!(ada.wait_until_playable(&id).await["state"], "uploading");
        }
        assert_eq!(ada.put_part(&id, index as u64 + 1, part).await.status(), StatusCode::OK);
    }
    assert_eq!(ada.complete(&id).await.status(), StatusCode::ACCEPTED);
    let video = ada.wait_for_state(&id, "ready").await;
    let seconds = video["duration_seconds"].as_f64().unwrap();
    assert!((seconds - 10.0).abs() < 0.15, "{seconds}");
    for (url, text) in ada.playlists(&video).await.1 {
        let (sum, _) = extinf_sum(&text);
        assert!((sum - seconds).abs() < 0.15, "{url}: {sum} of {seconds}");
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
}

#[tokio::test]
async fn a_picture_whose_size_changes_on_the_way_is_encoded_into_one_frame() {
    let joined = [recording("red", "320x240", 3.0), recording("blue", "320x180", 2.0)].concat();
    // Matroska keeps the second recording's parameters within the packets.
    let matroska = again(&joined, &["-f", "mpegts"], &["-map", "0", "-c", "copy", "-f", "matroska"]);
    for clip in [joined, matroska] {
        let played = played(&clip).await;
        let rungs = played.video["rungs"].as_array().unwrap();
        assert!(rungs.iter().all(|rung| rung["kind"] != "video" || rung["copied"] == false), "{rungs:#?}");
        assert!(played.video["plan"]["reasons"].to_string().contains("parameters change"));
        assert_eq!(played.pictures.size, (320, 240));
        assert!(near(played.corner(1.5), RED, 40.0));
        assert!(near(played.corner(4.5), [0.0; 3], 40.0), "the wider picture has black above it");
        let middle = played.pictures.colour(played.pictures.at(3.5), 0.5, 0.5);
        assert!(near(middle, BLUE, 40.0), "{middle:?}");
        let seconds = played.video["duration_seconds"].as_f64().unwrap();
        assert!((seconds - 5.0).abs() < 0.15, "{seconds}");
    }
}
