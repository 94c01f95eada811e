use domain::mac::MasterSecret;
use domain::outgoing::{Host, Target, is_public};
use domain::text::{Description, Email, FileName, Title, Username};
use domain::{Micros, VideoId, grant};
use media::captions::webvtt;
use std::time::Duration;

/// Names and titles that people type: what is accepted is accepted again as it is.
pub(crate) fn texts(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    macro_rules! stable {
        ($($kind:ident)*) => { $(
            if let Ok(value) = $kind::parse(text) {
                let again = $kind::parse(value.as_str()).map(|again| again.as_str() == value.as_str());
                assert_eq!(again, Ok(true), concat!(stringify!($kind), " {:?}"), text);
            }
        )* };
    }
    stable!(Title Description Username Email);
    let name = FileName::clean(text);
    assert!(!name.as_str().contains(['/', '\\', '\0']), "{:?}", name.as_str());
    let _video = text.parse::<VideoId>();
}

/// A grant out of a path: only what we gave out is believed.
pub(crate) fn grant(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let signer = MasterSecret::new([7; 32]).signer(grant::PURPOSE);
    let video = VideoId::from_random([1; 8]);
    let now = Micros(1_800_000_000_000_000);
    let _end = grant::expires_at(text);
    assert_eq!(grant::verify(&signer, text, &video, 0, now), None, "forged: {text}");
    let real = grant::issue(&signer, &video, 0, None, Duration::from_secs(60), now);
    assert!(grant::verify(&signer, &real, &video, 0, now).is_some());
}

/// A URL that a stranger named, and where it redirects to: what is read reads again as the same, and leads to no inner address.
pub(crate) fn outgoing(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (url, location) = text.split_once('\n').unwrap_or((text, "/"));
    let Ok(target) = Target::parse(url) else { return };
    for target in std::iter::once(target.clone()).chain(target.redirected(location)) {
        let scheme = if target.is_https() { "https" } else { "http" };
        let written = format!("{scheme}://{}{}", target.authority(), target.path());
        let again = Target::parse(&written).map(|again| (again.host().clone(), again.path().to_owned()));
        assert_eq!(again, Ok((target.host().clone(), target.path().to_owned())), "{written}");
        let admitted = target.admit([]).unwrap_or_default();
        assert!(admitted.iter().all(|address| is_public(address.ip())), "{written}");
        assert!(matches!(target.host(), Host::Address(_)) || admitted.is_empty(), "{written}");
    }
}

/// Subtitles: what is written reads as the same cues, and holds no tag that could do something.
pub(crate) fn webvtt(bytes: &[u8]) {
    let cues = webvtt::parse(&String::from_utf8_lossy(bytes));
    let written = webvtt::write(&cues);
    assert_eq!(webvtt::parse(&written), cues);
    let text: String = cues.iter().map(|cue| cue.text.as_str()).collect();
    let tags = text.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    for tag in tags {
        assert!(matches!(tag.trim_start_matches('/'), "b" | "i" | "u"), "<{tag}>");
    }
}
