use crate::app::AppState;
use crate::origin::{Origin, Reached};
use crate::problem::{Fields, Problem, Result};
use crate::web::{Preview, escape};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::VideoId;
use utoipa::ToSchema;

/// What another site wants to show.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OembedQuery {
    /// The address of a watch or embed page of this instance.
    url: Option<String>,
    /// Most pixels across.
    maxwidth: Option<String>,
    /// Most pixels down.
    maxheight: Option<String>,
    /// `json`, the only format.
    format: Option<String>,
}

/// How a site shows a video of ours (oEmbed 1.0, §2.3.4.2 type `video`).
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct OembedView {
    /// Always `video`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Always `1.0`.
    version: &'static str,
    title: String,
    author_name: String,
    provider_name: String,
    provider_url: String,
    /// Seconds for which the answer may be kept.
    cache_age: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_height: Option<u32>,
    /// An `iframe` with the embed page.
    html: String,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
}

/// Tells another site how to show a video of ours. A restricted video is answered like a missing one.
#[utoipa::path(get, path = "/api/oembed", tag = "videos", params(OembedQuery),
    responses((status = 200, body = OembedView), (status = 404, body = Problem), (status = 422, body = Problem), (status = 501, body = Problem)))]
pub(crate) async fn oembed(
    State(app): State<AppState>,
    Reached(origin): Reached,
    Query(query): Query<OembedQuery>,
) -> Result<impl IntoResponse> {
    if query.format.as_deref().is_some_and(|format| format != "json") {
        let detail = "This server answers oEmbed as JSON only: leave `format` out, or ask for json.";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "format_not_implemented", detail));
    }
    let mut fields = Fields::default();
    let width = most(&mut fields, "maxwidth", query.maxwidth.as_deref());
    let height = most(&mut fields, "maxheight", query.maxheight.as_deref());
    let Some(url) = query.url else {
        fields.add("url", "The address of the video's page is missing.");
        return Err(fields.problem());
    };
    if fields.any() {
        return Err(fields.problem());
    }
    let origin = origin.ok_or_else(Problem::not_found)?;
    let wanted = Wanted::read(&origin, &url).ok_or_else(Problem::not_found)?;
    let listed = app.store.video(&wanted.video).await?.ok_or_else(Problem::not_found)?;
    let preview = Preview::of(&app, &listed).await.ok_or_else(Problem::not_found)?;
    let view = view(&app.config.name, &origin, &preview, &wanted, (width, height));
    Ok(([(header::CACHE_CONTROL, format!("public, max-age={CACHE_SECONDS}"))], Json(view)))
}

/// A title or a visibility may change at any time.
const CACHE_SECONDS: u32 = 300;
/// The player's width on a page that does not say how much room it has.
const USUAL_WIDTH: u32 = 1280;
/// Nobody has more room, and the arithmetic below stays small.
const MOST_PIXELS: u32 = 1 << 14;

/// A page of ours that was asked about.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    video: VideoId,
    /// Where a link wants to begin, as it says it: `90`, `1m30s`.
    start: Option<String>,
}

impl Wanted {
    /// Reads the address of a watch or embed page of this instance.
    fn read(origin: &Origin, url: &str) -> Option<Self> {
        let path = origin.path_of(url)?;
        let (path, _fragment) = path.split_once('#').unwrap_or((path, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let id = path.strip_prefix("/w/").or_else(|| path.strip_prefix("/embed/"))?;
        let video = id.strip_suffix('/').unwrap_or(id).parse().ok()?;
        let start = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| matches!(*name, "t" | "start"))
            .map(|(_, value)| value.to_owned())
            .filter(|value| {
                (1..=16).contains(&value.len())
                    && value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'h' | b'm' | b's' | b'.'))
            });
        Some(Self { video, start })
    }
}

fn view(
    site: &str,
    origin: &Origin,
    preview: &Preview,
    wanted: &Wanted,
    room: (Option<u32>, Option<u32>),
) -> OembedView {
    let (width, height) = fit(preview.size, room);
    let start = wanted.start.as_deref().map(|start| format!("?start={start}")).unwrap_or_default();
    let source = escape(&origin.with(&format!("{}{start}", preview.embed_path())));
    let title = escape(&preview.title);
    OembedView {
        kind: "video",
        version: "1.0",
        title: preview.title.clone(),
        author_name: preview.channel.clone(),
        provider_name: site.to_owned(),
        provider_url: origin.with("/"),
        cache_age: CACHE_SECONDS,
        thumbnail_url: preview.poster.as_ref().map(|poster| origin.with(&poster.path)),
        thumbnail_width: preview.poster.as_ref().map(|poster| poster.size.0),
        thumbnail_height: preview.poster.as_ref().map(|poster| poster.size.1),
        html: format!(
            "<iframe src=\"{source}\" width=\"{width}\" height=\"{height}\" title=\"{title}\" frameborder=\"0\" \
             allow=\"autoplay; fullscreen; picture-in-picture\" allowfullscreen loading=\"lazy\"></iframe>"
        ),
        width,
        height,
    }
}

/// The picture's shape in the room there is.
fn fit((width, height): (u32, u32), (most_width, most_height): (Option<u32>, Option<u32>)) -> (u32, u32) {
    let (width, height) = (u64::from(width.clamp(1, MOST_PIXELS)), u64::from(height.clamp(1, MOST_PIXELS)));
    let most_width = u64::from(most_width.unwrap_or(MOST_PIXELS).min(MOST_PIXELS));
    let most_height = u64::from(most_height.unwrap_or(MOST_PIXELS).min(MOST_PIXELS));
    // Rounded down, so that neither side exceeds its room.
    let across = u64::from(USUAL_WIDTH).min(most_width).min(most_height * width / height).max(1);
    let down = (across * height / width).clamp(1, most_height.max(1));
    (u32::try_from(across).unwrap_or(USUAL_WIDTH), u32::try_from(down).unwrap_or(USUAL_WIDTH))
}

fn most(fields: &mut Fields, name: &str, text: Option<&str>) -> Option<u32> {
    let text = text?;
    let pixels = text.parse::<u32>().ok().filter(|pixels| *pixels > 0);
    if pixels.is_none() {
        fields.add(name, "This is a number of pixels, from 1.");
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_about_a_video_of_this_host_are_known() {
        let origin = Origin::parse("https://video.example").unwrap();
        let video = VideoId::from_random([5; 8]);
        let wanted = |url: String| Wanted::read(&origin, &url);
        for (tail, start) in
            [("", None), ("/", None), ("?t=90", Some("90")), ("?a=b&start=1m30s#x", Some("1m30s"))]
        {
            for page in ["w", "embed"] {
                let found = wanted(format!("http://Video.Example/{page}/{video}{tail}"));
                assert_eq!(
                    found,
                    Some(Wanted { video: video.clone(), start: start.map(str::to_owned) }),
                    "{tail}"
                );
            }
        }
        let hostile = wanted(format!("https://video.example/w/{video}?t=1\"onload=x")).unwrap();
        assert_eq!(hostile.start, None);
        for other in [
            format!("https://evil.example/w/{video}"),
            format!("https://video.example/api/videos/{video}"),
            "https://video.example/w/".to_owned(),
            format!("https://video.example/w/{video}/more"),
            String::new(),
        ] {
            assert_eq!(wanted(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn the_frame_fits_the_room_in_the_pictures_shape() {
        for (size, room, expected) in [
            ((1920, 1080), (None, None), (1280, 720)),
            ((1920, 1080), (Some(640), None), (640, 360)),
            ((1920, 1080), (Some(640), Some(100)), (177, 99)),
            ((1080, 1920), (None, Some(720)), (405, 720)),
            ((1920, 1080), (Some(1), Some(1)), (1, 1)),
            ((u32::MAX, 1), (Some(u32::MAX), None), (1280, 1)),
            ((1, u32::MAX), (None, Some(10)), (1, 10)),
        ] {
            assert_eq!(fit(size, room), expected, "{size:?} {room:?}");
        }
    }
}
