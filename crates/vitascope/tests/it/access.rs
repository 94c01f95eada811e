//! Who may do what: a table written by hand, asked over HTTP. A route that the table does not know fails the test.

use crate::{VITASCOPE, server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;
use testkit::take::Take;
use testkit::{Client, Options, Server, UploadOptions, clips, eventually};

/// The columns: nobody, accounts, two accounts whose token has ended and whose session was revoked, and whoever holds a share link
/// to this video without the right to download, one to another video, and one that was revoked.
const PRINCIPALS: [&str; 10] = [
    "anonymous",
    "stranger",
    "owner",
    "moderator",
    "admin",
    "expired",
    "revoked",
    "holder",
    "elsewhere",
    "withdrawn",
];
const VISIBILITIES: [&str; 3] = ["public", "unlisted", "private"];
/// `hidden` is being recorded, and shown only afterwards; `kept` is ready, and not for others to take away as a file.
const STATES: [&str; 5] = ["uploading", "hidden", "ready", "kept", "failed"];

/// Method, route, object (`-` for none; `visibility/state`, `*` for any), and one status for each principal.
const TABLE: &str = "
    GET    /healthz                        -                  200 200 200 200 200 200 200 200 200 200
    GET    /readyz                         -                  200 200 200 200 200 200 200 200 200 200
    GET    /metrics                        -                  200 200 200 200 200 200 200 200 200 200
    GET    /api/instance                   -                  200 200 200 200 200 200 200 200 200 200
    POST   /api/auth/register              -                  422 422 422 422 422 422 422 422 422 422
    POST   /api/auth/login                 -                  401 401 401 401 401 401 401 401 401 401
    POST   /api/auth/refresh               -                  401 401 401 401 401 401 401 401 401 401
    GET    /api/me                         -                  401 200 200 200 200 401 401 401 401 401
    GET    /api/me/videos                  -                  401 200 200 200 200 401 401 401 401 401
    GET    /api/me/uploads                 -                  401 200 200 200 200 401 401 401 401 401
    GET    /api/me/usage                   -                  401 200 200 200 200 401 401 401 401 401
    GET    /api/oembed                     -                  404 404 404 404 404 404 404 404 404 404
    GET    /api/me/sessions                -                  401 200 200 200 200 401 401 401 401 401
    DELETE /api/me/sessions                -                  401 204 204 204 204 401 401 401 401 401
    DELETE /api/me/sessions/{id}           -                  401 404 204 404 404 401 401 401 401 401
    GET    /api/admin/audit                -                  401 403 403 403 200 401 401 401 401 401
    GET    /api/videos                     -                  200 200 200 200 200 401 401 200 200 401
    POST   /api/videos/init                -                  401 201 201 201 201 401 401 401 401 401

    GET    /api/videos/{id}                public/*           200 200 200 200 200 401 401 200 200 401
    GET    /api/videos/{id}                unlisted/*         200 200 200 200 200 401 401 200 200 401
    GET    /api/videos/{id}                private/*          404 404 200 404 200 401 401 200 404 401
    PATCH  /api/videos/{id}                public/*           401 403 200 200 200 401 401 401 401 401
    PATCH  /api/videos/{id}                unlisted/*         401 403 200 200 200 401 401 401 401 401
    PATCH  /api/videos/{id}                private/*          404 404 200 404 200 401 401 401 404 401
    DELETE /api/videos/{id}                public/*           401 403 204 204 204 401 401 401 401 401
    DELETE /api/videos/{id}                unlisted/*         401 403 204 204 204 401 401 401 401 401
    DELETE /api/videos/{id}                private/*          404 404 204 404 204 401 401 401 404 401
    GET    /api/videos/{id}/upload         public/*           401 403 200 403 403 401 401 401 401 401
    GET    /api/videos/{id}/upload         unlisted/*         401 403 200 403 403 401 401 401 401 401
    GET    /api/videos/{id}/upload         private/*          404 404 200 404 403 401 401 401 404 401
    POST   /api/videos/{id}/parts          public/uploading   401 403 200 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          public/hidden      401 403 200 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          unlisted/uploading 401 403 200 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          unlisted/hidden    401 403 200 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          private/uploading  404 404 200 404 403 401 401 401 404 401
    POST   /api/videos/{id}/parts          private/hidden     404 404 200 404 403 401 401 401 404 401
    POST   /api/videos/{id}/parts          public/ready       401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          public/kept        401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          unlisted/ready     401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          unlisted/kept      401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          private/ready      404 404 409 404 403 401 401 401 404 401
    POST   /api/videos/{id}/parts          private/kept       404 404 409 404 403 401 401 401 404 401
    POST   /api/videos/{id}/parts          public/failed      401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          unlisted/failed    401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/parts          private/failed     404 404 409 404 403 401 401 401 404 401
    POST   /api/videos/{id}/complete       public/uploading   401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       unlisted/uploading 401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       private/uploading  404 404 409 404 403 401 401 401 404 401
    POST   /api/videos/{id}/complete       public/ready       401 403 202 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       public/kept        401 403 202 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       unlisted/ready     401 403 202 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       unlisted/kept      401 403 202 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       private/ready      404 404 202 404 403 401 401 401 404 401
    POST   /api/videos/{id}/complete       private/kept       404 404 202 404 403 401 401 401 404 401
    POST   /api/videos/{id}/complete       public/failed      401 403 202 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       unlisted/failed    401 403 202 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       private/failed     404 404 202 404 403 401 401 401 404 401
    GET    /api/videos/{id}/playlist.m3u8  public/uploading   307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  public/ready       307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  public/kept        307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  public/failed      307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  public/hidden      409 409 307 409 409 401 401 409 409 401
    GET    /api/videos/{id}/playlist.m3u8  unlisted/uploading 307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  unlisted/ready     307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  unlisted/kept      307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  unlisted/failed    307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/playlist.m3u8  unlisted/hidden    409 409 307 409 409 401 401 409 409 401
    GET    /api/videos/{id}/playlist.m3u8  private/uploading  404 404 307 404 307 401 401 307 404 401
    GET    /api/videos/{id}/playlist.m3u8  private/ready      404 404 307 404 307 401 401 307 404 401
    GET    /api/videos/{id}/playlist.m3u8  private/kept       404 404 307 404 307 401 401 307 404 401
    GET    /api/videos/{id}/playlist.m3u8  private/failed     404 404 307 404 307 401 401 307 404 401
    GET    /api/videos/{id}/playlist.m3u8  private/hidden     404 404 307 404 409 401 401 409 404 401
    GET    /api/videos/{id}/manifest.mpd   public/ready       307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/manifest.mpd   public/kept        307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/manifest.mpd   unlisted/ready     307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/manifest.mpd   unlisted/kept      307 307 307 307 307 401 401 307 307 401
    GET    /api/videos/{id}/manifest.mpd   private/ready      404 404 307 404 307 401 401 307 404 401
    GET    /api/videos/{id}/manifest.mpd   private/kept       404 404 307 404 307 401 401 307 404 401
    GET    /api/videos/{id}/manifest.mpd   public/uploading   404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/manifest.mpd   public/hidden      409 409 404 409 409 401 401 409 409 401
    GET    /api/videos/{id}/manifest.mpd   unlisted/uploading 404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/manifest.mpd   unlisted/hidden    409 409 404 409 409 401 401 409 409 401
    GET    /api/videos/{id}/manifest.mpd   private/uploading  404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/manifest.mpd   private/hidden     404 404 404 404 409 401 401 409 404 401
    GET    /api/videos/{id}/manifest.mpd   public/failed      404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/manifest.mpd   unlisted/failed    404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/manifest.mpd   private/failed     404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/download       public/ready       200 200 200 200 200 401 401 200 200 401
    GET    /api/videos/{id}/download       public/kept        401 403 200 403 403 401 401 401 401 401
    GET    /api/videos/{id}/download       unlisted/ready     200 200 200 200 200 401 401 200 200 401
    GET    /api/videos/{id}/download       unlisted/kept      401 403 200 403 403 401 401 401 401 401
    GET    /api/videos/{id}/download       private/ready      404 404 200 404 200 401 401 401 404 401
    GET    /api/videos/{id}/download       private/kept       404 404 200 404 403 401 401 401 404 401
    GET    /api/videos/{id}/download       public/uploading   404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/download       public/hidden      409 409 404 409 409 401 401 409 409 401
    GET    /api/videos/{id}/download       unlisted/uploading 404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/download       unlisted/hidden    409 409 404 409 409 401 401 409 409 401
    GET    /api/videos/{id}/download       private/uploading  404 404 404 404 404 401 401 401 404 401
    GET    /api/videos/{id}/download       private/hidden     404 404 404 404 409 401 401 409 404 401
    GET    /api/videos/{id}/download       public/failed      404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/download       unlisted/failed    404 404 404 404 404 401 401 404 404 401
    GET    /api/videos/{id}/download       private/failed     404 404 404 404 404 401 401 401 404 401
    POST   /api/live                       -                  401 201 201 201 201 401 401 401 401 401
    GET    /api/live                       -                  200 200 200 200 200 401 401 200 200 401
    POST   /api/live/{id}/key             public/waiting     401 403 200 403 403 401 401 401 401 401
    POST   /api/live/{id}/key             unlisted/waiting   401 403 200 403 403 401 401 401 401 401
    POST   /api/live/{id}/key             private/waiting    404 404 200 404 403 401 401 401 404 401
    POST   /api/live/{id}/token           public/waiting     401 403 200 403 403 401 401 401 401 401
    POST   /api/live/{id}/token           unlisted/waiting   401 403 200 403 403 401 401 401 401 401
    POST   /api/live/{id}/token           private/waiting    404 404 200 404 403 401 401 401 404 401
    POST   /api/live/{id}/end             public/waiting     401 403 200 403 403 401 401 401 401 401
    POST   /api/live/{id}/end             unlisted/waiting   401 403 200 403 403 401 401 401 401 401
    POST   /api/live/{id}/end             private/waiting    404 404 200 404 403 401 401 401 404 401
    GET    /api/live/{id}/sessions        public/waiting     401 403 200 403 403 401 401 401 401 401
    GET    /api/live/{id}/sessions        unlisted/waiting   401 403 200 403 403 401 401 401 401 401
    GET    /api/live/{id}/sessions        private/waiting    404 404 200 404 403 401 401 401 404 401
    DELETE /api/live/{id}/sessions/{sid}  public/waiting     401 403 404 403 403 401 401 401 401 401
    DELETE /api/live/{id}/sessions/{sid}  unlisted/waiting   401 403 404 403 403 401 401 401 401 401
    DELETE /api/live/{id}/sessions/{sid}  private/waiting    404 404 404 404 403 401 401 401 404 401
    PUT    /upload/{video}/{number}        public/*           403 403 403 403 403 403 403 403 403 403
    PUT    /upload/{video}/{number}        unlisted/*         403 403 403 403 403 403 403 403 403 403
    PUT    /upload/{video}/{number}        private/*          403 403 403 403 403 403 403 403 403 403
    GET    /api/videos/{id}/edit          public/*           401 403 200 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          public/uploading   401 403 409 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          public/hidden      401 403 409 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          public/failed      401 403 409 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          public/ready       401 403 422 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          public/kept        401 403 422 403 403 401 401 401 401 401
    GET    /api/videos/{id}/edit          unlisted/*         401 403 200 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          unlisted/uploading 401 403 409 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          unlisted/hidden    401 403 409 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          unlisted/failed    401 403 409 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          unlisted/ready     401 403 422 403 403 401 401 401 401 401
    PUT    /api/videos/{id}/edit          unlisted/kept      401 403 422 403 403 401 401 401 401 401
    GET    /api/videos/{id}/edit          private/*          404 404 200 404 403 401 401 401 404 401
    PUT    /api/videos/{id}/edit          private/uploading  404 404 409 404 403 401 401 401 404 401
    PUT    /api/videos/{id}/edit          private/hidden     404 404 409 404 403 401 401 401 404 401
    PUT    /api/videos/{id}/edit          private/failed     404 404 409 404 403 401 401 401 404 401
    PUT    /api/videos/{id}/edit          private/ready      404 404 422 404 403 401 401 401 404 401
    PUT    /api/videos/{id}/edit          private/kept       404 404 422 404 403 401 401 401 404 401

    POST   /api/videos/{id}/complete       public/hidden      401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       unlisted/hidden    401 403 409 403 403 401 401 401 401 401
    POST   /api/videos/{id}/complete       private/hidden     404 404 409 404 403 401 401 401 404 401

    POST   /api/videos/{id}/links         public/*           401 403 201 403 403 401 401 401 401 401
    POST   /api/videos/{id}/links         unlisted/*         401 403 201 403 403 401 401 401 401 401
    POST   /api/videos/{id}/links         private/*          404 404 201 404 403 401 401 401 404 401
    GET    /api/videos/{id}/links         public/*           401 403 200 403 403 401 401 401 401 401
    GET    /api/videos/{id}/links         unlisted/*         401 403 200 403 403 401 401 401 401 401
    GET    /api/videos/{id}/links         private/*          404 404 200 404 403 401 401 401 404 401
    DELETE /api/videos/{id}/links/{link}  public/*           401 403 204 403 403 401 401 401 401 401
    DELETE /api/videos/{id}/links/{link}  unlisted/*         401 403 204 403 403 401 401 401 401 401
    DELETE /api/videos/{id}/links/{link}  private/*          404 404 204 404 403 401 401 401 404 401
    POST   /api/videos/{id}/links/open    public/*           404 404 404 404 404 404 404 404 404 404
    POST   /api/videos/{id}/links/open    unlisted/*         404 404 404 404 404 404 404 404 404 404
    POST   /api/videos/{id}/links/open    private/*          404 404 404 404 404 404 404 404 404 404

    POST   /api/auth/logout                -                  204 204 204 204 204 204 204 204 204 204
";

/// Media: by no grant, its own, another private video's, one from before the visibility changed, a forged one; and by grants of
/// share links: one that lets download, one that does not, one that was revoked, one that has expired, and one whose link's name
/// was put in by hand.
const RIGHTS: [&str; 10] =
    ["open", "own", "other", "old", "forged", "download", "link", "withdrawn", "ended", "renamed"];
const MEDIA: &str = "
    multivariant     public   200 404 404 404 404 404 404 404 404 404
    multivariant     unlisted 200 404 404 404 404 404 404 404 404 404
    multivariant     private  404 200 404 404 404 200 200 404 404 404
    media-playlist   public   200 404 404 404 404 404 404 404 404 404
    media-playlist   unlisted 200 404 404 404 404 404 404 404 404 404
    media-playlist   private  404 200 404 404 404 200 200 404 404 404
    init             public   200 404 404 404 404 404 404 404 404 404
    init             unlisted 200 404 404 404 404 404 404 404 404 404
    init             private  404 200 404 404 404 200 200 404 404 404
    segment          public   200 404 404 404 404 404 404 404 404 404
    segment          unlisted 200 404 404 404 404 404 404 404 404 404
    segment          private  404 200 404 404 404 200 200 404 404 404
    poster           public   200 404 404 404 404 404 404 404 404 404
    poster           unlisted 200 404 404 404 404 404 404 404 404 404
    poster           private  404 200 404 404 404 200 200 404 404 404
    storyboard       public   200 404 404 404 404 404 404 404 404 404
    storyboard       unlisted 200 404 404 404 404 404 404 404 404 404
    storyboard       private  404 200 404 404 404 200 200 404 404 404
    storyboard-sheet public   200 404 404 404 404 404 404 404 404 404
    storyboard-sheet unlisted 200 404 404 404 404 404 404 404 404 404
    storyboard-sheet private  404 200 404 404 404 200 200 404 404 404
    manifest         public   200 404 404 404 404 404 404 404 404 404
    manifest         unlisted 200 404 404 404 404 404 404 404 404 404
    manifest         private  404 200 404 404 404 200 200 404 404 404
    download         public   200 404 404 404 404 404 404 404 404 404
    download         unlisted 200 404 404 404 404 404 404 404 404 404
    download         private  404 200 404 404 404 200 404 404 404 404
";

struct Row {
    method: Method,
    route: &'static str,
    object: Option<(&'static str, &'static str)>,
    statuses: Vec<u16>,
}

/// The table with every `*` written out.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for line in TABLE.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<_> = line.split_whitespace().collect();
        let row = |object| Row {
            method: words[0].parse().unwrap(),
            route: words[1],
            object,
            statuses: words[3..].iter().map(|word| word.parse().unwrap()).collect(),
        };
        match words[2].split_once('/') {
            None => rows.push(row(None)),
            Some((visibility, "*")) => rows.extend(STATES.map(|state| row(Some((visibility, state))))),
            Some(object) => rows.push(row(Some(object))),
        }
        assert_eq!(rows.last().unwrap().statuses.len(), PRINCIPALS.len(), "{line}");
    }
    rows
}

/// Everybody of the table, and a video of every kind.
struct World {
    server: Server,
    people: BTreeMap<&'static str, Client>,
    videos: BTreeMap<(&'static str, &'static str), String>,
    /// The pass of a share link to each video.
    passes: BTreeMap<String, String>,
    sound: Vec<u8>,
}

impl World {
    async fn new() -> Self {
        // A token that lives a second is soon one that has ended.
        let mut server =
            Server::start(VITASCOPE, Options::default().env("VITASCOPE_ACCESS_TOKEN_SECONDS", "1"));
        let admin = Client::register(&server.base, "the_admin").await;
        let expired = Client::register(&server.base, "the_expired").await;
        eventually("the token has ended", Duration::from_secs(10), async || {
            (expired.get("/api/me").await.status() == StatusCode::UNAUTHORIZED).then_some(())
        })
        .await;
        server.stop();
        let base = server.restart_with(Options::default().env("VITASCOPE_RTMP", "127.0.0.1:0"));
        let mut people =
            BTreeMap::from([("anonymous", Client::anonymous(&base)), ("expired", expired.at(&base))]);
        for name in ["stranger", "owner", "moderator", "revoked"] {
            people.insert(name, Client::register(&base, &format!("the_{name}")).await);
        }
        people.insert("admin", signed_in(&admin.at(&base), "the_admin").await);
        assert_eq!(
            people["revoked"].post("/api/auth/logout", &json!({})).await.status(),
            StatusCode::NO_CONTENT
        );
        let promoted = Command::new(VITASCOPE)
            .args(["admin", "--data"])
            .arg(server.data())
            .args(["role", "the_moderator", "moderator"])
            .output()
            .unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
        let sound = clips::make(&["-f", "lavfi", "-i", "sine=d=0.5", "-c:a", "aac", "-f", "mp4"]);
        let mut world = Self { server, people, videos: BTreeMap::new(), passes: BTreeMap::new(), sound };
        for visibility in VISIBILITIES {
            for state in STATES {
                let id = world.make(visibility, state).await;
                let (_, token) = world.people["owner"].share(&id, &json!({})).await;
                let holder = world.people["anonymous"].holding(&id, &token).await;
                world.passes.insert(id.clone(), holder.pass.unwrap());
                world.videos.insert((visibility, state), id);
            }
            let id = world.make(visibility, "waiting").await;
            let (_, token) = world.people["owner"].share(&id, &json!({})).await;
            let holder = world.people["anonymous"].holding(&id, &token).await;
            world.passes.insert(id.clone(), holder.pass.unwrap());
            world.videos.insert((visibility, "waiting"), id);
        }
        world.add_holders_of_other_links().await;
        world
    }

    /// Whoever holds a link to another video, and one that was revoked.
    async fn add_holders_of_other_links(&mut self) {
        let owner = self.people["owner"].clone();
        let other =
            owner.init(10, &UploadOptions { visibility: "private", ..UploadOptions::default() }).await;
        let other = other["id"].as_str().unwrap();
        for name in ["elsewhere", "withdrawn"] {
            let (link, token) = owner.share(other, &json!({"allow_download": true})).await;
            let holder = self.people["anonymous"].holding(other, &token).await;
            if name == "withdrawn" {
                let revoked = owner.request(Method::DELETE, &format!("/api/videos/{other}/links/{link}"));
                assert_eq!(revoked.send().await.unwrap().status(), StatusCode::NO_CONTENT);
            }
            self.people.insert(name, holder);
        }
    }

    /// Who asks for this video.
    fn asking(&self, name: &str, row: &Row) -> Client {
        if name != "holder" {
            return self.people[name].clone();
        }
        let object = row.object.unwrap_or(("private", "ready"));
        self.people["anonymous"].with_pass(&self.passes[&self.videos[&object]])
    }

    /// A new video of the owner.
    async fn make(&self, visibility: &'static str, state: &str) -> String {
        let owner = &self.people["owner"];
        let options = UploadOptions { visibility, ..UploadOptions::default() };
        match state {
            "hidden" => {
                let take = json!({"show_while_recording": false, "visibility": visibility});
                Take::open(owner, take).await.id
            }
            "waiting" => {
                let wishes = json!({"title": "T", "visibility": visibility, "save": true});
                owner.post("/api/live", &wishes).await.json::<Value>().await.unwrap()["id"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            }
            "uploading" => owner.init(10, &options).await["id"].as_str().unwrap().to_owned(),
            "failed" => {
                let id = owner.upload(b"this is no video at all", &options).await;
                owner.wait_for_state(&id, "failed").await;
                id
            }
            _ => {
                let id = owner.upload(&self.sound, &options).await;
                owner.wait_for_state(&id, "ready").await;
                if state == "kept" {
                    owner.change(&id, &json!({"allow_download": false})).await;
                }
                id
            }
        }
    }

    /// The path to ask, with an object in it that this request may use up.
    async fn path(&self, row: &Row, expected: u16) -> String {
        let Some(object) = row.object else {
            return match row.route {
                "/api/me/sessions/{id}" => row.route.replace("{id}", &self.other_session().await),
                // A preview never shows a private video, whoever asks.
                route @ "/api/oembed" => {
                    let video = &self.videos[&("private", "ready")];
                    format!("{route}?url={}/w/{video}", self.server.base)
                }
                route => route.to_owned(),
            };
        };
        let mut link = "AAAAAAAAAAA".to_owned();
        if row.route.contains("{link}") && expected == 204 {
            link = self.people["owner"].share(&self.videos[&object], &json!({})).await.0;
        }
        let deletes = row.method == Method::DELETE && expected == 204 && !row.route.contains("{link}");
        let deletes = deletes || (row.route.ends_with("/end") && expected == 200);
        let video = if deletes { self.make(object.0, object.1).await } else { self.videos[&object].clone() };
        let route = row.route.replace("{id}", &video).replace("{video}", &video);
        route.replace("{number}", "1").replace("{link}", &link).replace("{sid}", "AAAAAAAAAAA")
    }

    /// A second session of the owner.
    async fn other_session(&self) -> String {
        let owner = &self.people["owner"];
        signed_in(owner, "the_owner").await;
        let sessions = owner.json("/api/me/sessions").await;
        let other = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false);
        other.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// The same person in another browser.
async fn signed_in(client: &Client, name: &str) -> Client {
    let mut fresh = client.clone();
    fresh.token = None;
    let response = fresh.post("/api/auth/login", &json!({"login": name, "password": "correct horse"})).await;
    assert_eq!(response.status(), StatusCode::OK);
    fresh.sign_in_with(response).await;
    fresh
}

fn body(route: &str) -> Value {
    match route {
        "/api/auth/login" => json!({"login": "nobody", "password": "wrong horse"}),
        "/api/auth/register" => json!({"email": "", "username": "", "password": ""}),
        "/api/videos/init" => {
            json!({"title": "T", "file_name": "t.mp4", "content_type": "video/mp4", "size": 10})
        }
        "/api/live" => json!({"title": "T", "save": true}),
        "/api/videos/{id}/parts" => json!({"numbers": [1]}),
        "/api/videos/{id}/links/open" => json!({"token": "guessed", "password": "guessed"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn every_route_answers_each_principal_as_the_table_says() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for row in rows() {
        for (name, expected) in PRINCIPALS.iter().zip(&row.statuses) {
            let path = world.path(&row, *expected).await;
            let request = world.asking(name, &row).request(row.method.clone(), &path);
            let request = if row.method == Method::GET { request } else { request.json(&body(row.route)) };
            let status = request.send().await.unwrap().status().as_u16();
            if status != *expected {
                wrong.push(format!(
                    "{} {} {:?} {name}: {status}, not {expected}",
                    row.method, row.route, row.object
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    drop(world.server);
}

#[tokio::test]
async fn the_table_knows_every_route_in_every_visibility_and_state() {
    let server = server();
    let document = Client::anonymous(&server.base).json("/api/openapi.json").await;
    let mut known: BTreeMap<(String, &str), BTreeSet<_>> = BTreeMap::new();
    for row in rows() {
        known.entry((row.method.to_string(), row.route)).or_default().insert(row.object);
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let objects = known.get(&(method.to_uppercase(), path.as_str()));
            let objects = objects.unwrap_or_else(|| panic!("the table does not know {method} {path}"));
            let about_a_video = path.contains("/videos/{id}") || path.contains("{video}");
            let wanted = match (about_a_video, path.contains("/live/{id}")) {
                (true, _) => VISIBILITIES.len() * STATES.len(),
                (_, true) => VISIBILITIES.len(),
                _ => 1,
            };
            assert_eq!(objects.len(), wanted, "{method} {path} has gaps");
        }
    }
}

/// What a media URL is, by its last part.
fn kind(url: &str) -> &'static str {
    let name = url.rsplit('/').next().unwrap();
    match name.rsplit_once('.').unwrap_or(("", name)) {
        ("master", "m3u8") => "multivariant",
        ("index", "m3u8") => "media-playlist",
        (name, "mp4") if name.starts_with("init-") => "init",
        (_, "m4s") => "segment",
        (name, "jpg") if name.starts_with("poster-") => "poster",
        ("storyboard", "vtt") => "storyboard",
        (name, "jpg") if name.starts_with("storyboard-") => "storyboard-sheet",
        ("manifest", "mpd") => "manifest",
        ("", "download") => "download",
        _ => panic!("the table does not know media like {url}"),
    }
}

/// One URL of every kind that a video's API answer and its playlists lead to.
async fn media_of(client: &Client, video: &Value) -> BTreeMap<&'static str, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    collect_media(&video["playback"], &mut open);
    while let Some(url) = open.pop() {
        let lists = url.ends_with(".m3u8") || url.ends_with(".vtt");
        if found.insert(kind(&url), url.clone()).is_some() || !lists {
            continue;
        }
        let folder = url.rsplit_once('/').unwrap().0;
        for line in
            client.text(&url).await.lines().filter(|line| !url.ends_with(".vtt") || line.contains(".jpg"))
        {
            let line = line.split("#xywh").next().unwrap();
            let quoted = line.split("URI=\"").nth(1).and_then(|rest| rest.split('"').next());
            let plain = (!line.starts_with('#') && !line.is_empty()).then_some(line);
            open.extend(quoted.or(plain).map(|uri| format!("{folder}/{uri}")));
        }
    }
    found
}

/// Every string of the API's answer that is an address of media.
fn collect_media(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("/media/") => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_media(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect_media(field, into)),
        _ => {}
    }
}

#[tokio::test]
async fn media_is_given_out_by_the_right_grant_only() {
    let server = server();
    let owner = Client::register(&server.base, "owner").await;
    let anonymous = Client::anonymous(&server.base);
    let clip = clips::moving("160x90", 10, 1, clips::H264_AAC);
    let mut videos = BTreeMap::new();
    for name in ["public", "unlisted", "private", "other"] {
        let visibility = if name == "other" { "private" } else { name };
        let id = owner.upload(&clip, &UploadOptions { visibility, ..UploadOptions::default() }).await;
        videos.insert(name, id);
    }
    for id in videos.values() {
        owner.wait_for_state(id, "ready").await;
    }
    let old = grant_of(&owner.video(&videos["private"]).await);
    for visibility in ["unlisted", "private"] {
        let change = owner.request(Method::PATCH, &format!("/api/videos/{}", videos["private"]));
        assert!(change.json(&json!({"visibility": visibility})).send().await.unwrap().status().is_success());
    }
    let own = grant_of(&owner.video(&videos["private"]).await);
    let other = grant_of(&owner.video(&videos["other"]).await);
    assert_ne!(old, own);
    let mut forged = own.clone().into_bytes();
    let last = forged.last_mut().unwrap();
    *last = if *last == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();

    let links = link_grants(&owner, &anonymous, &videos["private"]).await;

    let mut table: BTreeMap<(&str, &str), Vec<u16>> = BTreeMap::new();
    for line in MEDIA.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<_> = line.split_whitespace().collect();
        table.insert((words[0], words[1]), words[2..].iter().map(|word| word.parse().unwrap()).collect());
    }
    let mut asked = BTreeSet::new();
    let mut wrong = Vec::new();
    for visibility in VISIBILITIES {
        let video = owner.video(&videos[visibility]).await;
        for (kind, url) in media_of(&owner, &video).await {
            asked.insert((kind, visibility));
            let statuses =
                table.get(&(kind, visibility)).unwrap_or_else(|| panic!("no row for {kind} {visibility}"));
            let bare = url.replacen(&format!("/media/{own}/"), "/media/", 1);
            let with = |grant: &str| bare.replacen("/media/", &format!("/media/{grant}/"), 1);
            let mut urls = vec![bare.clone(), with(&own), with(&other), with(&old), with(&forged)];
            urls.extend(links.iter().map(|grant| with(grant)));
            assert_eq!(urls.len(), RIGHTS.len());
            for ((right, url), expected) in RIGHTS.iter().zip(urls).zip(statuses) {
                // The owner's token opens nothing here: media knows grants only.
                for client in [&anonymous, &owner] {
                    let status = client.get(&url).await.status().as_u16();
                    if status != *expected {
                        wrong.push(format!("{kind} {visibility} {right}: {status}, not {expected}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(asked.len(), table.len(), "a row of the table was never asked: {asked:?}");
}

/// The grants of the table's last columns.
async fn link_grants(owner: &Client, anonymous: &Client, video: &str) -> [String; 5] {
    let end = async || (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2)).to_string();
    let mut grants = Vec::new();
    for wishes in [
        json!({"allow_download": true}),
        json!({}),
        json!({"allow_download": true}),
        json!({"allow_download": true, "expires_at": end().await}),
    ] {
        let (link, token) = owner.share(video, &wishes).await;
        let holder = anonymous.holding(video, &token).await;
        let seen = holder.video(video).await;
        let downloads = seen["playback"]["download_url"].is_string();
        assert_eq!(downloads, wishes["allow_download"] == true);
        grants.push((link, grant_of(&seen), holder));
    }
    let revoked = owner.request(Method::DELETE, &format!("/api/videos/{video}/links/{}", grants[2].0));
    assert_eq!(revoked.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    eventually("the link has ended", Duration::from_secs(10), async || {
        let status = grants[3].2.get(&format!("/api/videos/{video}")).await.status();
        (status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    let renamed = grants[2].1.replace(&grants[2].0, &grants[0].0);
    assert_ne!(renamed, grants[2].1);
    [&grants[0].1, &grants[1].1, &grants[2].1, &grants[3].1, &renamed].map(Clone::clone)
}

fn grant_of(video: &Value) -> String {
    let url = video["playback"]["hls_url"].as_str().unwrap();
    url.strip_prefix("/media/").unwrap().split('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_shows_strangers_public_videos_only_and_owners_their_own() {
    let world = World::new().await;
    let ids = async |name: &str, path: &str| -> BTreeSet<String> {
        let list = world.people[name].json(path).await;
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    for name in ["anonymous", "stranger", "owner", "moderator", "admin"] {
        assert_eq!(
            ids(name, "/api/videos").await,
            BTreeSet::from(["ready", "kept"].map(|state| world.videos[&("public", state)].clone()))
        );
    }
    assert_eq!(ids("owner", "/api/me/videos").await.len(), VISIBILITIES.len() * (STATES.len() + 1) + 1);
    assert!(ids("stranger", "/api/me/videos").await.is_empty());
    assert!(ids("admin", "/api/me/uploads").await.is_empty());
}

#[tokio::test]
async fn a_revoked_session_ends_everywhere_at_once() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let other = signed_in(&ada, "ada").await;
    let watched = ada.init(10, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let mut own_socket = ada.uploads_socket().await;
    let mut other_socket = other.uploads_socket().await;
    let mut own_watch = ada.video_socket(&watched).await;
    let mut other_watch = other.video_socket(&watched).await;
    let mut nobodys_watch = Client::anonymous(&server.base).video_socket(&watched).await;
    for socket in [&mut own_watch, &mut other_watch, &mut nobodys_watch] {
        assert_eq!(socket.next().await["type"], "video");
    }
    assert_eq!(own_socket.next().await["type"], "ready");
    assert_eq!(other_socket.next().await["type"], "ready");
    let sessions = ada.json("/api/me/sessions").await;
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let id = sessions.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    let revoked = ada.request(Method::DELETE, &format!("/api/me/sessions/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert_eq!(other_socket.close_code().await, 4401);
    // The token is looked at every half minute anyway; this must not take that long.
    let closed = tokio::time::timeout(std::time::Duration::from_secs(15), other_watch.close_code()).await;
    assert_eq!(closed.unwrap(), 4401);
    assert_eq!(other.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    let refreshed =
        other.request(Method::POST, "/api/auth/refresh").header("cookie", other.cookie.clone().unwrap());
    assert_eq!(refreshed.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    // The one that asked goes on, and its socket still hears.
    let video = ada.init(10, &UploadOptions::default()).await;
    let deleted = ada.request(Method::DELETE, &format!("/api/videos/{}", video["id"].as_str().unwrap()));
    assert_eq!(deleted.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    while own_socket.next().await["type"] != "deleted" {}
    let gone = ada.request(Method::DELETE, &format!("/api/videos/{watched}")).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    for socket in [&mut own_watch, &mut nobodys_watch] {
        assert_eq!(socket.close_code().await, 4404, "who watched on is told of the end");
    }
}

#[tokio::test]
async fn security_events_are_written_down_without_secrets() {
    let server = server();
    let admin = Client::register(&server.base, "the_admin").await;
    let bob = Client::register(&server.base, "bob").await;
    let wrong = json!({"login": "bob", "password": "hunter2-wrong"});
    assert_eq!(bob.post("/api/auth/login", &wrong).await.status(), StatusCode::UNAUTHORIZED);
    let reset = Command::new(VITASCOPE)
        .args(["admin", "--data"])
        .arg(server.data())
        .args(["reset-password", "bob"])
        .output()
        .unwrap();
    let password = String::from_utf8(reset.stdout).unwrap().trim().to_owned();
    assert_eq!(password.len(), 20);
    assert_eq!(bob.get("/api/me").await.status(), StatusCode::UNAUTHORIZED, "all sessions ended");
    let again = bob.post("/api/auth/login", &json!({"login": "bob", "password": password})).await;
    assert_eq!(again.status(), StatusCode::OK);
    let first = admin.json("/api/admin/audit?limit=2").await;
    let rest =
        admin.json(&format!("/api/admin/audit?cursor={}", first["next_cursor"].as_str().unwrap())).await;
    let entries: Vec<_> = [&first, &rest].iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    let events: Vec<_> = entries.iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["sign_in", "password_reset", "sign_in_refused", "registered", "registered"]);
    let text = serde_json::to_string(&entries).unwrap() + &server.log();
    for secret in [password.as_str(), "hunter2-wrong", "correct horse", admin.token.as_deref().unwrap()] {
        assert!(!text.contains(secret), "a secret was written down");
    }
}
