//! Languages as containers write them (ISO 639-2, in two spellings for some) and as players want them (BCP 47).

/// The shortest BCP 47 tag of a container's code: `ger` and `deu` are `de`. `None` for an unknown or missing language.
pub(super) fn tag(code: &str) -> Option<String> {
    let code = code.trim().replace('_', "-").to_ascii_lowercase();
    let (primary, rest) = code.split_once('-').unwrap_or((&code, ""));
    if primary == "und" || !matches!(primary.len(), 2 | 3) || !primary.bytes().all(|b| b.is_ascii_lowercase())
    {
        return None;
    }
    let short =
        LANGUAGES.iter().find(|(_, codes, _)| codes.contains(&primary)).map_or(primary, |(short, ..)| *short);
    // A region or a script stays: `pt-br`, `zh-hant`.
    let plain =
        |part: &&str| matches!(part.len(), 2..=4) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Some(match rest.split('-').next().filter(plain) {
        Some(region) => format!("{short}-{region}"),
        None => short.to_owned(),
    })
}

/// What the speakers of a BCP 47 tag call their language.
pub fn own_name(tag: &str) -> Option<&'static str> {
    let primary = tag.split('-').next().unwrap_or(tag);
    LANGUAGES.iter().find(|(short, ..)| *short == primary).map(|(_, _, name)| *name)
}

/// ISO 639-1, ISO 639-2 in both spellings, own name.
const LANGUAGES: &[(&str, &[&str], &str)] = &[
    ("ar", &["ara"], "العربية"),
    ("bg", &["bul"], "Български"),
    ("bn", &["ben"], "বাংলা"),
    ("ca", &["cat"], "Català"),
    ("cs", &["cze", "ces"], "Čeština"),
    ("da", &["dan"], "Dansk"),
    ("de", &["ger", "deu"], "Deutsch"),
    ("el", &["gre", "ell"], "Ελληνικά"),
    ("en", &["eng"], "English"),
    ("es", &["spa"], "Español"),
    ("et", &["est"], "Eesti"),
    ("fa", &["per", "fas"], "فارسی"),
    ("fi", &["fin"], "Suomi"),
    ("fr", &["fre", "fra"], "Français"),
    ("he", &["heb"], "עברית"),
    ("hi", &["hin"], "हिन्दी"),
    ("hr", &["hrv"], "Hrvatski"),
    ("hu", &["hun"], "Magyar"),
    ("id", &["ind"], "Indonesia"),
    ("is", &["ice", "isl"], "Íslenska"),
    ("it", &["ita"], "Italiano"),
    ("ja", &["jpn"], "日本語"),
    ("ko", &["kor"], "한국어"),
    ("lt", &["lit"], "Lietuvių"),
    ("lv", &["lav"], "Latviešu"),
    ("ms", &["may", "msa"], "Melayu"),
    ("nl", &["dut", "nld"], "Nederlands"),
    ("no", &["nor", "nob", "nno", "nb", "nn"], "Norsk"),
    ("pl", &["pol"], "Polski"),
    ("pt", &["por"], "Português"),
    ("ro", &["rum", "ron"], "Română"),
    ("ru", &["rus"], "Русский"),
    ("sk", &["slo", "slk"], "Slovenčina"),
    ("sl", &["slv"], "Slovenščina"),
    ("sr", &["srp"], "Српски"),
    ("sv", &["swe"], "Svenska"),
    ("ta", &["tam"], "தமிழ்"),
    ("th", &["tha"], "ไทย"),
    ("tr", &["tur"], "Türkçe"),
    ("uk", &["ukr"], "Українська"),
    ("ur", &["urd"], "اردو"),
    ("vi", &["vie"], "Tiếng Việt"),
    ("zh", &["chi", "zho", "cmn"], "中文"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_the_shortest_tags() {
        for (code, expected) in [
            ("eng", Some("en")),
            ("ger", Some("de")),
            ("deu", Some("de")),
            ("pt_BR", Some("pt-br")),
            ("zh-Hant-TW", Some("zh-hant")),
            ("gsw", Some("gsw")),
            ("und", None),
            ("", None),
            ("English", None),
            ("e\u{301}n", None),
            ("en-\"x", Some("en")),
        ] {
            assert_eq!(tag(code).as_deref(), expected, "{code}");
        }
        assert_eq!((own_name("pt-br"), own_name("gsw")), (Some("Português"), None));
    }
}
