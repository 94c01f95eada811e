//! The one door: who may do what to which object.

use crate::text_enum::text_enum;
use crate::{AccountId, LinkId, SessionId, State, VideoId, Visibility};

text_enum! {
    /// What an account may do beyond its own things.
    Role {
        /// Runs the instance.
        Admin = "admin",
        /// Keeps public places clean; sees no private video.
        Moderator = "moderator",
        /// Everybody else.
        User = "user",
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody signed in.
    Anonymous,
    /// A signed-in account.
    Account {
        /// The account.
        id: AccountId,
        /// Its role now (not when it signed in).
        role: Role,
        /// The session through which it asks.
        session: SessionId,
    },
    /// Whoever holds a share link that works now, its password given where it has one. To every other video, and to the
    /// instance, nobody signed in.
    LinkHolder {
        /// The link.
        link: LinkId,
        /// The one video that it opens.
        video: VideoId,
        /// Whether it lets the file be taken away.
        download: bool,
    },
}

impl Principal {
    /// The account that asks, if one does.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Anonymous | Self::LinkHolder { .. } => None,
            Self::Account { id, .. } => Some(id),
        }
    }
}

/// What is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See a video: its row, its poster.
    Watch,
    /// Play it: fetch its playlists and segments.
    Play,
    /// Take it away as one file.
    Download,
    /// Make, list and revoke its share links.
    Share,
    /// Find a video in a list that everybody sees.
    List,
    /// Put parts, complete, and read how the upload stands.
    Upload,
    /// Change title, description or visibility.
    Edit,
    /// Cut it, and see what was cut.
    Cut,
    /// Delete a video.
    Delete,
    /// Make a new video.
    Create,
    /// Read or change one's own account.
    UseAccount,
    /// Run the instance: its audit log.
    Administer,
}

/// The facts about a video on which access depends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoAccess {
    /// Which video.
    pub id: VideoId,
    /// Who made it.
    pub owner: AccountId,
    /// Who may see it.
    pub visibility: Visibility,
    /// How far it has got.
    pub state: State,
    /// Whether it is being recorded and its owner shows it only afterwards.
    pub hidden: bool,
    /// Whether others than its owner may take it away as a file.
    pub allow_download: bool,
    /// Grows on every change of who may see what.
    pub generation: i64,
    /// Which edit viewers get; 0 for the whole video. Objects of any other are not theirs.
    pub edit: i64,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Object<'a> {
    /// The instance as a whole.
    Instance,
    /// One's own account.
    OwnAccount,
    /// A video.
    Video(&'a VideoAccess),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It must not even be known that the object exists.
    #[error("there is no such thing here, or it is not yours to see")]
    NotFound,
    /// Signing in could help.
    #[error("sign in to do this")]
    SignIn,
    /// The object may be seen, but not this done to it.
    #[error("you are not allowed to do this")]
    Forbidden,
    /// It is being recorded, and shown when that has ended.
    #[error("this is being recorded")]
    BeingRecorded,
}

/// Decides whether `principal` may do `action` to `object`; every route, feed, segment and socket asks here.
///
/// # Errors
/// Says how the refusal must look from outside: an object that may not be seen does not exist.
pub fn authorize(principal: &Principal, action: Action, object: Object<'_>) -> Result<(), Denied> {
    match object {
        Object::Instance | Object::OwnAccount => match (action, principal) {
            (Action::Create | Action::UseAccount, Principal::Account { .. }) => Ok(()),
            (Action::Administer, Principal::Account { role: Role::Admin, .. }) => Ok(()),
            (Action::List, _) => Ok(()),
            (_, Principal::Anonymous | Principal::LinkHolder { .. }) => Err(Denied::SignIn),
            (_, Principal::Account { .. }) => Err(Denied::Forbidden),
        },
        Object::Video(video) => authorize_video(principal, action, video),
    }
}

fn authorize_video(principal: &Principal, action: Action, video: &VideoAccess) -> Result<(), Denied> {
    if !may_watch(principal, video) {
        return Err(Denied::NotFound);
    }
    let (owns, role) = match principal {
        Principal::Anonymous | Principal::LinkHolder { .. } => (false, Role::User),
        Principal::Account { id, role, .. } => (*id == video.owner, *role),
    };
    let allowed = match action {
        Action::Watch => true,
        Action::Play | Action::Download if video.hidden && !owns => return Err(Denied::BeingRecorded),
        Action::Play => true,
        Action::Download if owns => true,
        // A link takes no right away that everybody has, and gives what its owner made it for.
        Action::Download => match principal {
            Principal::LinkHolder { download: true, video: opened, .. } if *opened == video.id => true,
            Principal::LinkHolder { .. } => video.allow_download && video.visibility != Visibility::Private,
            _ => video.allow_download,
        },
        Action::Share => owns,
        Action::List => video.visibility == Visibility::Public && !video.hidden,
        Action::Upload | Action::Cut => owns,
        Action::Edit | Action::Delete => owns || matches!(role, Role::Admin | Role::Moderator),
        Action::Create | Action::UseAccount | Action::Administer => false,
    };
    match (allowed, principal) {
        (true, _) => Ok(()),
        (false, Principal::Anonymous | Principal::LinkHolder { .. }) => Err(Denied::SignIn),
        (false, Principal::Account { .. }) => Err(Denied::Forbidden),
    }
}

fn may_watch(principal: &Principal, video: &VideoAccess) -> bool {
    match principal {
        Principal::Account { id, .. } if *id == video.owner => true,
        Principal::Account { role: Role::Admin, .. } => true,
        Principal::LinkHolder { video: opened, .. } if *opened == video.id => true,
        // A stranger learns nothing of an upload that never became a video.
        _ => video.visibility != Visibility::Private,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u8, role: Role) -> Principal {
        Principal::Account {
            id: AccountId::from_random([n; 8]),
            role,
            session: SessionId::from_random([n; 8]),
        }
    }

    fn video(visibility: Visibility) -> VideoAccess {
        let (owner, state) = (AccountId::from_random([1; 8]), State::Ready);
        VideoAccess {
            id: VideoId::from_random([7; 8]),
            owner,
            visibility,
            state,
            hidden: false,
            allow_download: true,
            generation: 0,
            edit: 0,
        }
    }

    fn check(visibility: Visibility, action: Action, expected: [Result<(), Denied>; 5]) {
        let asking = [
            ("anonymous", Principal::Anonymous),
            ("stranger", account(2, Role::User)),
            ("owner", account(1, Role::User)),
            ("moderator", account(3, Role::Moderator)),
            ("admin", account(4, Role::Admin)),
        ];
        for ((name, principal), wanted) in asking.iter().zip(expected) {
            let got = authorize(principal, action, Object::Video(&video(visibility)));
            assert_eq!(got, wanted, "{name} {action:?} {visibility}");
        }
    }

    #[test]
    fn the_table_of_videos() {
        use Denied::{Forbidden, NotFound, SignIn};
        const OK: Result<(), Denied> = Ok(());
        for open in [Visibility::Public, Visibility::Unlisted] {
            check(open, Action::Watch, [OK; 5]);
            check(open, Action::Upload, [Err(SignIn), Err(Forbidden), OK, Err(Forbidden), Err(Forbidden)]);
            check(open, Action::Cut, [Err(SignIn), Err(Forbidden), OK, Err(Forbidden), Err(Forbidden)]);
            check(open, Action::Edit, [Err(SignIn), Err(Forbidden), OK, OK, OK]);
            check(open, Action::Delete, [Err(SignIn), Err(Forbidden), OK, OK, OK]);
        }
        check(Visibility::Public, Action::List, [OK; 5]);
        check(
            Visibility::Unlisted,
            Action::List,
            [Err(SignIn), Err(Forbidden), Err(Forbidden), Err(Forbidden), Err(Forbidden)],
        );
        let hidden = [Err(NotFound), Err(NotFound), OK, Err(NotFound), OK];
        check(Visibility::Private, Action::Watch, hidden);
        check(Visibility::Private, Action::Edit, hidden);
        check(Visibility::Private, Action::Delete, hidden);
        check(
            Visibility::Private,
            Action::Upload,
            [Err(NotFound), Err(NotFound), OK, Err(NotFound), Err(Forbidden)],
        );
    }

    #[test]
    fn a_take_that_is_shown_afterwards_is_played_by_its_owner_alone() {
        let shown = video(Visibility::Public);
        let hidden = VideoAccess { hidden: true, ..shown.clone() };
        let (owner, admin) = (account(1, Role::User), account(4, Role::Admin));
        for (principal, plays) in [(&Principal::Anonymous, false), (&owner, true), (&admin, false)] {
            assert!(authorize(principal, Action::Play, Object::Video(&shown)).is_ok());
            assert!(authorize(principal, Action::Watch, Object::Video(&hidden)).is_ok());
            assert_eq!(authorize(principal, Action::Play, Object::Video(&hidden)).is_ok(), plays);
            assert!(authorize(principal, Action::List, Object::Video(&hidden)).is_err());
        }
    }

    #[test]
    fn a_share_link_opens_its_own_video_and_nothing_else() {
        const OK: Result<(), Denied> = Ok(());
        let private = video(Visibility::Private);
        let holder = |video: &VideoAccess, download| Principal::LinkHolder {
            link: LinkId::from_random([5; 8]),
            video: video.id.clone(),
            download,
        };
        let ask = |principal: &Principal, action| authorize(principal, action, Object::Video(&private));
        let own = holder(&private, false);
        assert_eq!((ask(&own, Action::Watch), ask(&own, Action::Play)), (OK, OK));
        assert_eq!(ask(&own, Action::Download), Err(Denied::SignIn));
        assert_eq!(ask(&holder(&private, true), Action::Download), OK);
        for action in [Action::List, Action::Upload, Action::Edit, Action::Delete, Action::Share] {
            assert_eq!(ask(&own, action), Err(Denied::SignIn), "{action:?}");
        }
        let other = VideoAccess { id: VideoId::from_random([8; 8]), ..private.clone() };
        assert_eq!(ask(&holder(&other, true), Action::Watch), Err(Denied::NotFound));
        let hidden = VideoAccess { hidden: true, ..private.clone() };
        assert_eq!(authorize(&own, Action::Play, Object::Video(&hidden)), Err(Denied::BeingRecorded));
        assert_eq!(authorize(&own, Action::Create, Object::Instance), Err(Denied::SignIn));
        let open = VideoAccess { visibility: Visibility::Unlisted, ..private.clone() };
        assert_eq!(authorize(&own, Action::Download, Object::Video(&open)), OK, "as everybody may");
    }

    #[test]
    fn a_video_that_is_not_to_be_taken_away_is_its_owners_file_alone() {
        const OK: Result<(), Denied> = Ok(());
        let kept = VideoAccess { allow_download: false, ..video(Visibility::Public) };
        let link_to = |video: &VideoId, download| Principal::LinkHolder {
            link: LinkId::from_random([5; 8]),
            video: video.clone(),
            download,
        };
        let elsewhere = VideoId::from_random([8; 8]);
        for (principal, expected) in [
            (Principal::Anonymous, Err(Denied::SignIn)),
            (account(2, Role::User), Err(Denied::Forbidden)),
            (account(1, Role::User), OK),
            (account(3, Role::Moderator), Err(Denied::Forbidden)),
            (account(4, Role::Admin), Err(Denied::Forbidden)),
            (link_to(&kept.id, false), Err(Denied::SignIn)),
            (link_to(&kept.id, true), OK),
            (link_to(&elsewhere, true), Err(Denied::SignIn)),
        ] {
            assert_eq!(authorize(&principal, Action::Play, Object::Video(&kept)), OK, "{principal:?}");
            assert_eq!(
                authorize(&principal, Action::Download, Object::Video(&kept)),
                expected,
                "{principal:?}"
            );
        }
    }

    #[test]
    fn only_the_owner_shares() {
        use Denied::{Forbidden, NotFound, SignIn};
        const OK: Result<(), Denied> = Ok(());
        let open = [Err(SignIn), Err(Forbidden), OK, Err(Forbidden), Err(Forbidden)];
        check(Visibility::Public, Action::Share, open);
        check(
            Visibility::Private,
            Action::Share,
            [Err(NotFound), Err(NotFound), OK, Err(NotFound), Err(Forbidden)],
        );
    }

    #[test]
    fn only_the_signed_in_make_videos() {
        assert_eq!(authorize(&Principal::Anonymous, Action::Create, Object::Instance), Err(Denied::SignIn));
        assert_eq!(authorize(&account(1, Role::User), Action::Create, Object::Instance), Ok(()));
    }

    #[test]
    fn only_an_admin_runs_the_instance() {
        let ask = |principal| authorize(&principal, Action::Administer, Object::Instance);
        assert_eq!(ask(Principal::Anonymous), Err(Denied::SignIn));
        assert_eq!(ask(account(1, Role::User)), Err(Denied::Forbidden));
        assert_eq!(ask(account(1, Role::Moderator)), Err(Denied::Forbidden));
        assert_eq!(ask(account(1, Role::Admin)), Ok(()));
    }
}
