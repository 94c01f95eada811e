//! What link previews, search engines and other sites are told about a video: never more than anyone with the link may see.

use super::head::Head;
use crate::app::App;
use crate::delivery::playlists::below_video;
use crate::origin::Origin;
use crate::views::{MASTER, rfc3339};
use blobs::ObjectKey;
use domain::{Action, Micros, Object, Principal, VideoId, Visibility, authorize};
use media::jpeg;
use serde_json::{Value, json};
use store::videos::ListedVideo;

/// Longest description in previews, in characters.
const DESCRIPTION: usize = 200;
/// What a player gets when the picture's size is not known yet, or there is none.
const USUAL_SIZE: (u32, u32) = (1280, 720);

/// The public face of a video. Restricted videos have none, so a grant can never get into one.
#[derive(Debug, Clone)]
pub(crate) struct Preview {
    site: String,
    id: VideoId,
    pub(crate) title: String,
    description: String,
    pub(crate) channel: String,
    public: bool,
    playable: bool,
    /// Pixels as displayed.
    pub(crate) size: (u32, u32),
    /// Microseconds.
    duration: Option<i64>,
    published: Micros,
    pub(crate) poster: Option<Poster>,
}

/// The picture of a preview.
#[derive(Debug, Clone)]
pub(crate) struct Poster {
    /// From the root of the site.
    pub(crate) path: String,
    /// Pixels.
    pub(crate) size: (u32, u32),
}

impl Preview {
    /// The preview of a video that anyone with the link may watch; `None` for every other one.
    pub(crate) async fn of(app: &App, listed: &ListedVideo) -> Option<Self> {
        let video = &listed.video;
        authorize(&Principal::Anonymous, Action::Watch, Object::Video(&video.access())).ok()?;
        let side = |pixels: Option<i64>| {
            pixels.and_then(|pixels| u32::try_from(pixels).ok()).filter(|pixels| *pixels > 0)
        };
        Some(Self {
            site: app.config.name.clone(),
            id: video.id.clone(),
            title: video.title.clone(),
            description: one_line(&video.description),
            channel: listed.channel_name.clone(),
            public: video.visibility == Visibility::Public,
            playable: video.playable && !video.access().hidden,
            size: side(video.width).zip(side(video.height)).unwrap_or(USUAL_SIZE),
            duration: video.duration.filter(|duration| *duration > 0),
            published: video.published_at.map_or(video.created_at, Micros),
            poster: poster(app, &video.id, video.poster.as_deref()).await,
        })
    }

    /// The page where people watch it, from the root of the site.
    pub(crate) fn watch_path(&self) -> String {
        format!("/w/{}", self.id)
    }

    /// The page that other sites put into a frame, from the root of the site.
    pub(crate) fn embed_path(&self) -> String {
        format!("/embed/{}", self.id)
    }

    /// The head of its watch page: OpenGraph, Twitter, JSON-LD (schema.org `VideoObject`) and the oEmbed link. Without an
    /// origin there are no absolute URLs, and these formats know no others.
    pub(crate) fn watch_head(&self, origin: Option<&Origin>) -> String {
        let mut head = Head::titled(&format!("{} · {}", self.title, self.site));
        head.meta("name", "description", &self.description);
        if !self.public {
            head.meta("name", "robots", "noindex");
        }
        if let Some(origin) = origin {
            self.links(&mut head, origin);
            self.open_graph(&mut head, origin);
            self.twitter(&mut head, origin);
            head.json_ld(&self.video_object(origin));
        }
        head.finish()
    }

    /// The head of its embed page. The watch page is the one to be found.
    pub(crate) fn embed_head(&self, origin: Option<&Origin>) -> String {
        let mut head = Head::titled(&self.title);
        head.meta("name", "robots", "noindex");
        if let Some(origin) = origin {
            head.link("canonical", &origin.with(&self.watch_path()), &[]);
        }
        head.finish()
    }

    fn links(&self, head: &mut Head, origin: &Origin) {
        let page = origin.with(&self.watch_path());
        head.link("canonical", &page, &[]);
        // An identifier and an origin hold nothing that a query would have to quote but the two separators.
        let quoted = page.replace(':', "%3A").replace('/', "%2F").replace('[', "%5B").replace(']', "%5D");
        let oembed = origin.with(&format!("/api/oembed?url={quoted}&format=json"));
        head.link("alternate", &oembed, &[("type", "application/json+oembed"), ("title", &self.title)]);
    }

    fn open_graph(&self, head: &mut Head, origin: &Origin) {
        head.meta("property", "og:type", "video.other");
        head.meta("property", "og:site_name", &self.site);
        head.meta("property", "og:title", &self.title);
        head.meta("property", "og:description", &self.description);
        head.meta("property", "og:url", &origin.with(&self.watch_path()));
        if let Some(poster) = &self.poster {
            head.meta("property", "og:image", &origin.with(&poster.path));
            head.meta("property", "og:image:width", &poster.size.0.to_string());
            head.meta("property", "og:image:height", &poster.size.1.to_string());
        }
        if !self.playable {
            return;
        }
        let embed = origin.with(&self.embed_path());
        head.meta("property", "og:video", &embed);
        if origin.is_https() {
            head.meta("property", "og:video:secure_url", &embed);
        }
        head.meta("property", "og:video:type", "text/html");
        head.meta("property", "og:video:width", &self.size.0.to_string());
        head.meta("property", "og:video:height", &self.size.1.to_string());
        if let Some(duration) = self.duration {
            head.meta("property", "video:duration", &whole_seconds(duration).to_string());
        }
        head.meta("property", "video:release_date", &rfc3339(self.published));
    }

    fn twitter(&self, head: &mut Head, origin: &Origin) {
        // A player card is refused unless its page comes over https.
        let player = self.playable && origin.is_https();
        let card = if player {
            "player"
        } else if self.poster.is_some() {
            "summary_large_image"
        } else {
            "summary"
        };
        head.meta("name", "twitter:card", card);
        head.meta("name", "twitter:title", &self.title);
        head.meta("name", "twitter:description", &self.description);
        if let Some(poster) = &self.poster {
            head.meta("name", "twitter:image", &origin.with(&poster.path));
        }
        if player {
            head.meta("name", "twitter:player", &origin.with(&self.embed_path()));
            head.meta("name", "twitter:player:width", &self.size.0.to_string());
            head.meta("name", "twitter:player:height", &self.size.1.to_string());
        }
    }

    fn video_object(&self, origin: &Origin) -> Value {
        let described = if self.description.is_empty() { &self.title } else { &self.description };
        let mut object = json!({
            "@context": "https://schema.org",
            "@type": "VideoObject",
            "name": self.title,
            "description": described,
            "url": origin.with(&self.watch_path()),
            "uploadDate": rfc3339(self.published),
            "author": {"@type": "Person", "name": self.channel},
            "publisher": {"@type": "Organization", "name": self.site},
        });
        let mut set = |key: &str, value: Value| {
            if let Some(fields) = object.as_object_mut() {
                fields.insert(key.to_owned(), value);
            }
        };
        if let Some(poster) = &self.poster {
            set("thumbnailUrl", json!([origin.with(&poster.path)]));
        }
        if let Some(duration) = self.duration {
            set("duration", json!(format!("PT{}S", whole_seconds(duration))));
        }
        if self.playable {
            set("embedUrl", json!(origin.with(&self.embed_path())));
            set("contentUrl", json!(origin.with(&format!("/media/videos/{}/{MASTER}", self.id))));
            set("width", json!(self.size.0));
            set("height", json!(self.size.1));
        }
        object
    }
}

/// The head of a page about which nothing may be told: private, missing and mistyped look the same.
pub(crate) fn neutral_head(site: &str) -> String {
    let mut head = Head::titled(site);
    head.meta("name", "robots", "noindex");
    head.finish()
}

/// The poster of a video that anyone may watch; its size stands in the picture's own first bytes.
async fn poster(app: &App, video: &VideoId, key: Option<&str>) -> Option<Poster> {
    const HEADER: u64 = 4096;
    let key = key?;
    let object = ObjectKey::parse(key).ok()?;
    let length = app.blobs.size(&object).await.ok()?;
    let bytes = app.blobs.read_range(&object, 0..length.min(HEADER)).await.ok()?;
    let size = jpeg::dimensions(&bytes)?;
    Some(Poster { path: format!("/media/videos/{video}/{}", below_video(key)), size })
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= DESCRIPTION {
        return line;
    }
    let short: String = line.chars().take(DESCRIPTION - 1).collect();
    format!("{}…", short.trim_end())
}

/// At least one: a clip of half a second is not nothing.
fn whole_seconds(micros: i64) -> i64 {
    (micros.saturating_add(500_000) / 1_000_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(title: &str, description: &str) -> Preview {
        Preview {
            site: "My \"Site\"".to_owned(),
            id: VideoId::from_random([7; 8]),
            title: title.to_owned(),
            description: one_line(description),
            channel: "Ada <b>".to_owned(),
            public: true,
            playable: true,
            size: (1920, 1080),
            duration: Some(61_400_000),
            published: Micros(1_700_000_000_000_000),
            poster: Some(Poster { path: "/media/videos/x/poster-00ff.jpg".to_owned(), size: (1280, 720) }),
        }
    }

    /// The content of every tag of the head, as a browser would read it: `<` only ever begins one of our own.
    fn tags(head: &str) -> Vec<&str> {
        head.split('<')
            .skip(1)
            .filter(|tag| !tag.starts_with('/'))
            .filter_map(|tag| tag.split([' ', '>']).next())
            .collect()
    }

    const HOSTILE: [&str; 6] = [
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title><h1>' onload='x",
        "<!--<script>",
        "סרטון של שבת \u{2067}",
        "a\u{2028}b &amp; &lt;",
    ];

    #[test]
    fn no_title_and_no_description_leaves_its_place() {
        let https = Origin::parse("https://video.example").unwrap();
        for origin in [Some(&https), None] {
            let plain = preview("Plain", "Plain").watch_head(origin);
            for text in HOSTILE.into_iter().chain([&*"x".repeat(200)]) {
                let head = preview(text, text).watch_head(origin);
                assert_eq!(tags(&head), tags(&plain), "{text}");
                assert_eq!(head.matches("</script").count(), plain.matches("</script").count(), "{text}");
                assert_eq!(
                    tags(&preview(text, text).embed_head(origin)).len(),
                    if origin.is_some() { 3 } else { 2 }
                );
            }
        }
    }

    #[test]
    fn json_ld_is_json_and_gives_the_title_back_whatever_it_is() {
        let origin = Origin::parse("https://video.example").unwrap();
        for text in HOSTILE {
            let head = preview(text, text).watch_head(Some(&origin));
            let block =
                head.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
            let value: Value = serde_json::from_str(block).unwrap();
            assert_eq!(value["name"], text);
            assert_eq!(value["duration"], "PT61S");
            assert_eq!(value["author"]["name"], "Ada <b>");
        }
    }

    #[test]
    fn a_player_card_needs_https_and_unlisted_is_not_indexed() {
        let of = |url: &str, public| {
            let mut preview = preview("A", "");
            preview.public = public;
            preview.watch_head(Origin::parse(url).as_ref())
        };
        let https = of("https://video.example", true);
        assert!(https.contains("content=\"player\"") && https.contains("og:video:secure_url"));
        assert!(!https.contains("robots") && !https.contains("og:description"), "{https}");
        assert!(https.contains("oembed?url=https%3A%2F%2Fvideo.example%2Fw%2F"), "{https}");
        let http = of("http://video.example", false);
        assert!(
            http.contains("summary_large_image") && !http.contains("secure_url") && http.contains("noindex")
        );
    }

    #[test]
    fn without_a_sound_host_there_are_no_urls() {
        let head = preview("A", "B").watch_head(None);
        assert!(!head.contains("http") && head.contains("<title>A · My &quot;Site&quot;</title>"), "{head}");
    }

    #[test]
    fn long_descriptions_are_cut_at_a_character() {
        let short = one_line(&"день \n".repeat(100));
        assert!(short.chars().count() <= DESCRIPTION && short.ends_with('…') && !short.contains('\n'));
    }
}
