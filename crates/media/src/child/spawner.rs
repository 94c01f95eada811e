//! The one thread that starts children.
//!
//! The signal that ends a child with its parent (`PR_SET_PDEATHSIG`) is sent when the *thread* that forked it ends, and
//! threads of a runtime come and go. So all children are forked by one thread that lives as long as the process.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Starts `command` on the spawning thread. The child belongs to the calling runtime.
pub(super) async fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = oneshot::channel();
    let request = Request { command, runtime: Handle::current(), reply };
    thread()?.send(request).map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

struct Request {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// Each request waits for its answer, so the queue is as long as there are callers.
fn thread() -> io::Result<&'static Sender<Request>> {
    static THREAD: OnceLock<Option<Sender<Request>>> = OnceLock::new();
    THREAD
        .get_or_init(|| {
            let (sender, requests) = channel::<Request>();
            let run = move || {
                for mut request in requests {
                    let _runtime = request.runtime.enter();
                    // A caller that has gone drops the child unseen, and `kill_on_drop` ends it.
                    let _ = request.reply.send(request.command.spawn());
                }
            };
            std::thread::Builder::new().name("media-spawn".to_owned()).spawn(run).ok().map(|_| sender)
        })
        .as_ref()
        .ok_or_else(gone)
}

fn gone() -> io::Error {
    io::Error::other("the thread that starts children is gone")
}
