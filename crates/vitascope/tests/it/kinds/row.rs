//! A row of the table, and how it is checked.

use super::measure::{Pictures, Sound, still};
use crate::server;
use futures_util::StreamExt as _;
use serde_json::Value;
use testkit::clips::make;
use testkit::{Client, UploadOptions, decode_warnings, extinf_sum};

/// One kind of input and what it must become.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: &'static str,
    make: String,
    patch: fn(Vec<u8>) -> Vec<u8>,
    size: Option<(usize, usize)>,
    shape: bool,
    copied: bool,
    fps: Option<f64>,
    seconds: f64,
    /// Where the picture ends, when that is before the sound does.
    picture_seconds: f64,
    corners: Option<[[f64; 3]; 4]>,
    tolerance: f64,
    loud: Vec<f64>,
    sound_copied: bool,
    sounds: usize,
    step: Option<f64>,
    pub(super) look: Option<fn(&Pictures) -> Vec<String>>,
    captions: Vec<(&'static str, &'static str)>,
    master: Vec<&'static str>,
    cover: bool,
}

pub(super) const RED: [f64; 3] = [255.0, 0.0, 0.0];
pub(super) const GREEN: [f64; 3] = [0.0, 128.0, 0.0];
pub(super) const BLUE: [f64; 3] = [0.0, 0.0, 255.0];
pub(super) const YELLOW: [f64; 3] = [255.0, 255.0, 0.0];
/// Upright: top left, top right, bottom left, bottom right.
pub(super) const UPRIGHT: [[f64; 3]; 4] = [RED, GREEN, BLUE, YELLOW];
/// A tone of a quarter of full scale.
pub(super) const TONE: f64 = -15.05;
/// Nothing.
pub(super) const SILENT: f64 = -120.0;

/// Replaces `{P}` by the picture, `{S}` by the sound.
fn expand(text: &str, size: &str, rate: &str, seconds: f64) -> Vec<String> {
    let picture = format!(
        "-f lavfi -i color=c=gray:size={size}:rate={rate}:duration={seconds},drawbox=w=iw/4:h=ih/4:c=red:t=fill,\
         drawbox=x=iw*3/4:w=iw/4:h=ih/4:c=green:t=fill,drawbox=y=ih*3/4:w=iw/4:h=ih/4:c=blue:t=fill,\
         drawbox=x=iw*3/4:y=ih*3/4:w=iw/4:h=ih/4:c=yellow:t=fill,\
         drawbox=x=iw*3/8:y=ih*3/8:w=iw/4:h=ih/4:c=white:t=fill:enable='gte(t\\,0.999)'"
    );
    let tone = "0.25*sin(2*PI*1000*t)*gte(t\\,1)";
    let sound = format!("-f lavfi -i aevalsrc={tone}|{tone}:s=48000:d={seconds}");
    let text = text.replace("{P}", &picture).replace("{S}", &sound).replace("{tone}", tone);
    text.split_whitespace().map(str::to_owned).collect()
}

impl Row {
    /// Two seconds of 320×240 at 25 frames a second with a tone in both channels, which are encoded.
    pub(super) fn new(name: &'static str, make: &str) -> Self {
        Self {
            name,
            make: make.to_owned(),
            patch: |bytes| bytes,
            size: Some((320, 240)),
            shape: false,
            copied: false,
            fps: Some(25.0),
            seconds: 2.0,
            picture_seconds: 2.0,
            corners: Some(UPRIGHT),
            tolerance: 40.0,
            loud: vec![TONE, TONE],
            sound_copied: false,
            sounds: 1,
            step: Some(0.045),
            look: None,
            captions: Vec::new(),
            master: Vec::new(),
            cover: false,
        }
    }

    /// Changes the bytes that FFmpeg wrote.
    pub(super) fn patch(self, patch: fn(Vec<u8>) -> Vec<u8>) -> Self {
        Self { patch, ..self }
    }

    pub(super) fn size(self, width: usize, height: usize) -> Self {
        Self { size: Some((width, height)), ..self }
    }

    /// Any size of this shape, up to it: how many rungs there are is another test's business.
    pub(super) fn shape(self, width: usize, height: usize) -> Self {
        Self { size: Some((width, height)), shape: true, ..self }
    }

    pub(super) fn fps(self, fps: f64) -> Self {
        Self { fps: Some(fps), ..self }
    }

    pub(super) fn any_fps(self) -> Self {
        Self { fps: None, ..self }
    }

    pub(super) fn seconds(self, seconds: f64) -> Self {
        Self { seconds, picture_seconds: seconds, ..self }
    }

    /// The picture ends before the sound.
    pub(super) fn picture_ends(self, seconds: f64) -> Self {
        Self { picture_seconds: seconds, ..self }
    }

    pub(super) fn corners(self, corners: [[f64; 3]; 4]) -> Self {
        Self { corners: Some(corners), ..self }
    }

    /// The picture is the source's own.
    pub(super) fn copied(self) -> Self {
        Self { copied: true, ..self }
    }

    /// Has no picture.
    pub(super) fn only_sound(self) -> Self {
        Self { size: None, corners: None, fps: None, step: None, ..self }
    }

    /// Has no sound.
    pub(super) fn silent(self) -> Self {
        Self { loud: Vec::new(), sounds: 0, step: None, ..self }
    }

    /// The sound is the source's own.
    pub(super) fn sound_copied(self) -> Self {
        Self { sound_copied: true, ..self }
    }

    pub(super) fn sound_encoded(self) -> Self {
        Self { sound_copied: false, ..self }
    }

    /// Number of sound tracks.
    pub(super) fn sounds(self, sounds: usize) -> Self {
        Self { sounds, ..self }
    }

    /// Loudness of each channel while the tone sounds.
    pub(super) fn loud(self, loud: &[f64]) -> Self {
        Self { loud: loud.to_vec(), ..self }
    }

    /// Neither flash nor tone begins after a second.
    pub(super) fn no_step(self) -> Self {
        Self { step: None, ..self }
    }

    /// Looks at the pictures of the largest rung in its own way, instead of at the corners.
    pub(super) fn look(self, look: fn(&Pictures) -> Vec<String>) -> Self {
        Self { look: Some(look), corners: None, step: None, ..self }
    }

    /// Words in the multivariant playlist.
    pub(super) fn master(self, words: &[&'static str]) -> Self {
        Self { master: words.to_vec(), ..self }
    }

    /// The poster is the cover: the picture with the corners.
    pub(super) fn cover(self) -> Self {
        Self { cover: true, ..self }
    }

    /// Captions by language, and words in the file.
    pub(super) fn captions(self, captions: &[(&'static str, &'static str)]) -> Self {
        Self { captions: captions.to_vec(), ..self }
    }

    fn bytes(&self) -> Vec<u8> {
        let rate = |text: &str| text.split_once('@').map(|(size, rate)| (size.to_owned(), rate.to_owned()));
        // `320x240@25:2 arguments`: what the picture is before it is encoded.
        let (head, rest) = self.make.split_once(' ').unwrap();
        let (head, seconds) = head.split_once(':').unwrap();
        let (size, rate) = rate(head).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut rest = rest.to_owned();
        for (name, text) in FILES {
            let path = folder.path().join(name.trim_matches(['{', '}']));
            std::fs::write(&path, text).unwrap();
            rest = rest.replace(name, path.to_str().unwrap());
        }
        let arguments = expand(&rest, &size, &rate, seconds.parse().unwrap());
        (self.patch)(make(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// Files that a row may name.
const FILES: [(&str, &str); 3] = [
    (
        "{en.srt}",
        "1\n00:00:00,200 --> 00:00:00,900\n<i>Hello</i> <font color=\"red\">there</font>\n\n2\n00:00:01,000 --> 00:00:01,800\nA & B\n",
    ),
    ("{de.srt}", "1\n00:00:00,500 --> 00:00:01,500\nGuten Tag\n"),
    (
        "{chapters}",
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n",
    ),
];

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
