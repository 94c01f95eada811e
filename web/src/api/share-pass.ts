/**
 * The pass of the share link by which a page shows a video, while it does. The tab's own storage keeps it for a reload, beside
 * the token it was given for.
 */
const used = new Map<string, string>();

export const passOf = (videoId: string): string | undefined => used.get(videoId);

/** From now on the video is asked for by this pass. */
export function takePass(videoId: string, token: string, pass: string): void {
  used.set(videoId, pass);
  try {
    sessionStorage.setItem(key(videoId), JSON.stringify([token, pass]));
  } catch {
    // Without storage a reload opens the link again.
  }
}

/** Takes up the pass that this tab was given for a token before. */
export function recallPass(videoId: string, token: string): boolean {
  try {
    const [of, pass] = JSON.parse(sessionStorage.getItem(key(videoId)) ?? "[]") as unknown[];
    if (of !== token || typeof pass !== "string") return false;
    used.set(videoId, pass);
    return true;
  } catch {
    return false;
  }
}

/** The page is left: the video is asked for as whoever one is. */
export function leavePass(videoId: string): void {
  used.delete(videoId);
}

/** The pass is worth nothing any more. */
export function forgetPass(videoId: string): void {
  used.delete(videoId);
  try {
    sessionStorage.removeItem(key(videoId));
  } catch {
    // Then there was none.
  }
}

const key = (videoId: string) => `vitascope.share.${videoId}`;
