//! How a row of the table is checked.

use super::measure::{Pictures, Sound, still};
use super::row::{RED, Row};
use crate::server;
use futures_util::StreamExt as _;
use serde_json::Value;
use testkit::{Client, UploadOptions, decode_warnings, extinf_sum};

/// Uploads every row to one server and checks it; panics with all that is wrong.
pub(super) async fn check(rows: Vec<Row>) {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let only = std::env::var("VITASCOPE_KIND").unwrap_or_default();
    let rows = rows.into_iter().filter(|row| row.name.contains(&only));
    let faults: Vec<Vec<String>> = futures_util::stream::iter(rows)
        .map(|row| {
            let (ada, base) = (ada.clone(), server.base.clone());
            async move { one(row, ada, base).await }
        })
        .buffer_unordered(3)
        .collect()
        .await;
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

async fn one(row: Row, ada: Client, base: String) -> Vec<String> {
    let maker = row.clone();
    let bytes = tokio::task::spawn_blocking(move || maker.bytes()).await.unwrap();
    let options = UploadOptions { file_name: row.name.to_owned(), ..UploadOptions::default() };
    let id = ada.upload(&bytes, &options).await;
    let video = loop {
        let video = ada.video(&id).await;
        if matches!(video["state"].as_str(), Some("ready" | "failed")) {
            break video;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    let mut faults = Vec::new();
    if video["state"] == "failed" {
        faults.push(format!("{}: failed: {}", row.name, video["error"]));
        return faults;
    }
    let (master, lists) = ada.playlists(&video).await;
    faults.extend(
        row.master
            .iter()
            .filter(|words| !master.contains(**words))
            .map(|words| format!("{}: no {words} in {master}", row.name)),
    );
    let poster = match video["playback"]["poster_url"].as_str() {
        Some(url) => ada.get(url).await.bytes().await.unwrap().to_vec(),
        None => Vec::new(),
    };
    let mut texts = Vec::new();
    for caption in video["playback"]["captions"].as_array().unwrap() {
        texts.push((
            caption["lang"].as_str().unwrap().to_owned(),
            ada.text(caption["url"].as_str().unwrap()).await,
        ));
    }
    let name = row.name;
    let reasons = video["plan"]["reasons"].to_string();
    tokio::task::spawn_blocking(move || {
        let mut found = compare(&row, &video, &lists, &base);
        captions(&row, &texts, &mut found);
        let jpeg = poster.starts_with(&[0xff, 0xd8]);
        if !jpeg || row.cover && !near(still(&poster, 0.1, 0.1), RED, row.tolerance) {
            found.push(format!("the poster has {} bytes; with a cover: {}", poster.len(), row.cover));
        }
        found
    })
    .await
    .unwrap_or_else(|panic| vec![format!("{panic}")])
    .into_iter()
    .map(|fault| format!("{name}: {fault}   [{reasons}]"))
    .chain(faults)
    .collect()
}

fn captions(row: &Row, texts: &[(String, String)], faults: &mut Vec<String>) {
    let have: Vec<_> = texts.iter().map(|(lang, _)| lang.as_str()).collect();
    let want: Vec<_> = row.captions.iter().map(|(lang, _)| *lang).collect();
    if have != want {
        faults.push(format!("captions {have:?}, not {want:?}"));
    }
    for (lang, words) in &row.captions {
        if !texts
            .iter()
            .any(|(have, text)| have == lang && text.starts_with("WEBVTT") && text.contains(words))
        {
            faults.push(format!("captions {lang} do not say {words:?}: {texts:?}"));
        }
    }
}

fn compare(row: &Row, video: &Value, lists: &[(String, String)], base: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |what: &str, have: String, want: String| {
        if have != want {
            faults.push(format!("{what} is {have}, not {want}"));
        }
    };
    let rungs = video["rungs"].as_array().unwrap();
    let of = |kind: &'static str| rungs.iter().filter(move |rung| rung["kind"] == kind);
    let top = of("video").max_by_key(|rung| rung["width"].as_u64());
    let size =
        top.map(|rung| (rung["width"].as_u64().unwrap() as usize, rung["height"].as_u64().unwrap() as usize));
    let shape = |(width, height): (usize, usize)| (width as f64 / height as f64 * 50.0).round();
    let row = &match size {
        Some(size)
            if row.shape && row.size.is_some_and(|most| shape(most) == shape(size) && size.0 <= most.0) =>
        {
            Row { size: Some(size), ..row.clone() }
        }
        _ => row.clone(),
    };
    expect("size", format!("{size:?}"), format!("{:?}", row.size));
    let side = row.size.map(|(width, height)| format!("{}p", width.min(height)));
    expect(
        "top rung",
        format!("{:?}", top.map(|rung| rung["name"].as_str().unwrap())),
        format!("{:?}", side.as_deref()),
    );
    expect(
        "copied",
        format!("{:?}", top.map(|rung| rung["copied"] == true)),
        format!("{:?}", row.size.map(|_| row.copied)),
    );
    expect("sounds", of("audio").count().to_string(), row.sounds.to_string());
    if let Some(sound) = of("audio").next() {
        expect("sound copied", (sound["copied"] == true).to_string(), row.sound_copied.to_string());
    }
    let seconds = video["duration_seconds"].as_f64().unwrap();
    if (seconds - row.seconds).abs() > 0.09 {
        faults.push(format!("duration is {seconds}, not {}", row.seconds));
    }
    for (url, text) in lists.iter().filter(|(_, text)| !text.contains(".vtt")) {
        let (sum, _) = extinf_sum(text);
        let early = if url.contains("/audio") && row.sound_copied { 0.5 } else { 0.09 };
        let seconds = if url.contains("/audio") { seconds } else { row.picture_seconds };
        if sum > seconds + 0.09 || sum < seconds - early {
            faults.push(format!("{url}: EXTINF sum {sum} of {seconds}"));
        }
    }
    let master = format!("{base}{}", video["playback"]["hls_url"].as_str().unwrap());
    let warnings = decode_warnings(&master);
    // FFmpeg itself does not read captions from a playlist.
    let warnings: Vec<_> =
        warnings.lines().filter(|line| !line.contains("Can't support the subtitle")).collect();
    if !warnings.is_empty() {
        faults.push(format!("decoding says: {warnings:?}"));
    }
    let url = |rung: &Value| {
        let name = format!("/{}/", rung["name"].as_str().unwrap());
        lists.iter().find(|(url, _)| url.contains(&name)).map(|(url, _)| format!("{base}{url}"))
    };
    let pictures = top.zip(size).and_then(|(rung, size)| Some(Pictures::of(&url(rung)?, size)));
    let sound = of("audio").next().and_then(url).map(|url| Sound::of(&url));
    if let Some(pictures) = &pictures {
        look(row, pictures, &mut faults);
    }
    if let Some(sound) = &sound {
        listen(row, sound, &mut faults);
    }
    if let (Some(pictures), Some(sound), Some(most)) = (&pictures, &sound, row.step) {
        match (pictures.flash(), sound.onset()) {
            (Some(flash), Some(onset)) if (flash - onset).abs() <= most => {}
            (flash, onset) => faults.push(format!("flash at {flash:?}, tone at {onset:?}")),
        }
    }
    faults
}

fn look(row: &Row, pictures: &Pictures, faults: &mut Vec<String>) {
    if let Some(fps) = row.fps
        && (pictures.rate() - fps).abs() > fps * 0.03
    {
        faults.push(format!("{} frames a second, not {fps}", pictures.rate()));
    }
    if let Some(look) = row.look {
        faults.extend(look(pictures));
    }
    let Some(corners) = row.corners else { return };
    let frame = pictures.at(row.picture_seconds * 0.75);
    for ((x, y), want) in [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)].into_iter().zip(corners) {
        let have = pictures.colour(frame, x, y);
        if !near(have, want, row.tolerance) {
            faults.push(format!("the corner at {x}, {y} is {have:.0?}, not {want:?}"));
        }
    }
}

pub(super) fn near(have: [f64; 3], want: [f64; 3], tolerance: f64) -> bool {
    have.iter().zip(want).all(|(have, want)| (have - want).abs() <= tolerance)
}

fn listen(row: &Row, sound: &Sound, faults: &mut Vec<String>) {
    // A copied sound may end a little before the picture.
    let early = if row.sound_copied { 0.5 } else { 0.12 };
    if sound.duration() > row.seconds + 0.12 || sound.duration() < row.seconds - early {
        faults.push(format!("{} seconds of sound, not {}", sound.duration(), row.seconds));
    }
    let loud = sound.loudness((row.seconds - 0.6).max(0.0), (row.seconds - 0.2).max(0.1));
    let fits =
        |(have, want): (&f64, &f64)| if *want < -60.0 { *have < -60.0 } else { (have - want).abs() < 1.0 };
    if loud.len() != row.loud.len() || !loud.iter().zip(&row.loud).all(fits) {
        faults.push(format!("loudness {loud:.1?} dB, not {:?}", row.loud));
    }
}
