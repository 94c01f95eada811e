import { session } from "@/api/client";
import { uploadsSocket } from "@/api/uploads-socket";
import { browserNetwork, browserTransport } from "./browser-transport";
import { browserWire, Elsewhere } from "./elsewhere";
import { isPlaylist } from "./is-playlist";
import { Uploader } from "./uploader";

/** The one list of uploads of this tab. Lives outside of the pages, so that going to another one stops nothing. */
export const uploader: Uploader = new Uploader({
  transport: browserTransport,
  network: browserNetwork,
  elsewhere: () => elsewhere.ask(),
  preview: async (file) => {
    if (await isPlaylist(file)) return undefined;
    const url = URL.createObjectURL(file);
    return { url, revoke: () => URL.revokeObjectURL(url) };
  },
});

/** What other tabs of this browser upload. */
export const elsewhere: Elsewhere = new Elsewhere(browserWire(), tabName(), () => uploader.sending);

function tabName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");
}

const POLL_MS = 3000;

/** Ties the list to the tab: the socket, asking while the socket is away, the leave-page warning, signing out. */
export function startUploader(): void {
  uploadsSocket.subscribe((message) => {
    uploader.receive(message);
    if (message.type === "ready") void uploader.poll();
  });
  setInterval(() => {
    if (!uploadsSocket.connected && uploader.watching) void uploader.poll();
  }, POLL_MS);
  let sending = "";
  uploader.subscribe(() => {
    const now = uploader.sending.join();
    if (now !== sending) elsewhere.announce();
    sending = now;
  });
  addEventListener("beforeunload", (event) => {
    if (uploader.busy) event.preventDefault();
  });
  let signedIn = session.status === "signed_in";
  session.subscribe(() => {
    if (signedIn && session.status === "signed_out") uploader.clear();
    signedIn = session.status === "signed_in";
  });
}
