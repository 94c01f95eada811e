const STEP = 10;

export interface Announced {
  title: string;
  posterUrl?: string;
  video: HTMLVideoElement;
  seek(seconds: number): void;
  signal: AbortSignal;
}

/** Tells the system what plays, for the keys of a keyboard, a headset and the lock screen. Playing and pausing it does by itself. */
export function announce({ title, posterUrl, video, seek, signal }: Announced): void {
  if (!("mediaSession" in navigator)) return;
  const { mediaSession } = navigator;
  const artwork = posterUrl ? [{ src: new URL(posterUrl, location.href).href }] : [];
  mediaSession.metadata = new MediaMetadata({ title, artwork });
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ["seekbackward", ({ seekOffset }) => seek(video.currentTime - (seekOffset ?? STEP))],
    ["seekforward", ({ seekOffset }) => seek(video.currentTime + (seekOffset ?? STEP))],
    ["seekto", ({ seekTime }) => seekTime !== undefined && seekTime !== null && seek(seekTime)],
  ];
  const set = (on: boolean) => {
    for (const [action, handler] of handlers) {
      try {
        mediaSession.setActionHandler(action, on ? handler : null);
      } catch {
        // A browser that does not know this one.
      }
    }
  };
  set(true);
  signal.addEventListener("abort", () => set(false), { once: true });
}
