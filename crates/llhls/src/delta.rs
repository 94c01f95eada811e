//! Delta updates (RFC 8216bis §6.2.5.1).

use crate::playlist::Playlist;
use crate::report::{Report, Rule};
use crate::rules::seconds;

/// Whether a list is long enough that something may be left out of its update.
pub(crate) fn can_skip(list: &Playlist) -> bool {
    let boundary = list.control.and_then(|control| control.can_skip_until);
    boundary.is_some_and(|boundary| {
        // One line that stands for a single segment would be as long as it.
        let spare = list.segments.iter().take(2).map(|segment| segment.duration).fold(0, i64::saturating_add);
        list.length().saturating_sub(spare) > boundary
    })
}

/// Looks at an update beside the whole lists before and after it.
pub(crate) fn look(
    report: &mut Report,
    name: &str,
    (before, update, after): (&Playlist, &Playlist, &Playlist),
) {
    let mut held = |held: bool, why: String| report.check(Rule::Delta, held, || format!("{name}: {why}"));
    held(update.skipped > 0, "nothing was skipped of a list that is long enough".to_owned());
    let boundary = before.control.and_then(|control| control.can_skip_until).unwrap_or(0);
    held(
        update.length() >= boundary,
        format!(
            "what it lists lasts {} s, CAN-SKIP-UNTIL is {}",
            seconds(update.length()),
            seconds(boundary)
        ),
    );
    let kept = (update.media_sequence..update.media_sequence.saturating_add(update.skipped))
        .filter(|msn| before.segment(*msn).is_none());
    let kept: Vec<_> = kept.collect();
    held(kept.is_empty(), format!("it skips {kept:?}, which the list before it does not have"));
    for (msn, whole) in after.numbered() {
        let merged = update.segment(msn).or_else(|| before.segment(msn));
        if msn < update.open_msn() && msn >= update.media_sequence {
            held(
                merged.is_some_and(|merged| (merged.duration, &merged.uri) == (whole.duration, &whole.uri)),
                format!("segment {msn} is another one in the whole list"),
            );
        }
    }
}
