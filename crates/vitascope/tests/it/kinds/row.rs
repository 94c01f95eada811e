//! A row of the table.

use super::measure::Pictures;
use testkit::clips::make;

/// One kind of input and what it must become.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) make: String,
    pub(super) patch: fn(Vec<u8>) -> Vec<u8>,
    pub(super) size: Option<(usize, usize)>,
    pub(super) shape: bool,
    pub(super) copied: bool,
    pub(super) fps: Option<f64>,
    pub(super) seconds: f64,
    /// Where the picture ends, when that is before the sound does.
    pub(super) picture_seconds: f64,
    pub(super) corners: Option<[[f64; 3]; 4]>,
    pub(super) tolerance: f64,
    pub(super) loud: Vec<f64>,
    pub(super) sound_copied: bool,
    pub(super) sounds: usize,
    pub(super) step: Option<f64>,
    pub(super) look: Option<fn(&Pictures) -> Vec<String>>,
    pub(super) captions: Vec<(&'static str, &'static str)>,
    pub(super) master: Vec<&'static str>,
    pub(super) cover: bool,
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

    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
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
