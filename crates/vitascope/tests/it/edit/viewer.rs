//! What a viewer can fetch.

use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::Client;

/// Everything that a viewer can fetch of a video: (URL, bytes).
pub(super) async fn everything(client: &Client, video: &Value) -> Vec<(String, Vec<u8>)> {
    let mut open = Vec::new();
    collect(&video["playback"], &mut open);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(url) = open.pop() {
        if !seen.insert(url.clone()) {
            continue;
        }
        let response = client.get(&url).await;
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        let bytes = response.bytes().await.unwrap().to_vec();
        let folder = url.rsplit_once('/').unwrap().0;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines = || text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let quoted = || text.split("URI=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let listed: Vec<String> = match url.rsplit('.').next().unwrap() {
            "m3u8" => quoted().chain(lines()).map(str::to_owned).collect(),
            "vtt" => lines().filter_map(|line| Some(line.split_once("#xywh")?.0.to_owned())).collect(),
            "mpd" => addresses(&text),
            _ => Vec::new(),
        };
        open.extend(listed.iter().map(|uri| resolve(folder, uri)));
        found.push((url, bytes));
    }
    found
}

/// The addresses in a manifest, each under the base in front of it.
fn addresses(text: &str) -> Vec<String> {
    let (mut base, mut urls) = (String::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        let between = |from: &str, to: &str| {
            line.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found.to_owned())
        };
        if let Some(found) = between("<BaseURL>", "</BaseURL>") {
            if found.ends_with('/') { base = found } else { urls.push(found) }
        }
        for name in ["sourceURL=\"", "media=\""] {
            urls.extend(between(name, "\"").map(|found| format!("{base}{found}")));
        }
    }
    assert!(urls.len() > 4, "{text}");
    urls
}

fn resolve(folder: &str, uri: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in uri.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("/media/") => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        _ => {}
    }
}

/// Every rung's segments behind its init segment, in order: (rung, bytes).
pub(super) async fn rungs(client: &Client, video: &Value) -> Vec<(String, Vec<u8>)> {
    let (_, lists) = client.playlists(video).await;
    let mut files = Vec::new();
    for (url, text) in lists.iter().filter(|(url, _)| !url.contains("captions")) {
        let folder = url.rsplit_once('/').unwrap().0;
        let map = text.split("#EXT-X-MAP:URI=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let segments = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut file = Vec::new();
        for uri in std::iter::once(map).chain(segments) {
            let response = client.get(&resolve(folder, uri)).await;
            assert_eq!(response.status(), StatusCode::OK, "{uri}");
            file.extend(response.bytes().await.unwrap());
        }
        files.push((folder.rsplit('/').next().unwrap().to_owned(), file));
    }
    files
}
