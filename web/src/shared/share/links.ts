/** The address of a watch page; on a page that a share link opened, with that link. */
export function watchUrl(videoId: string): string {
  const url = new URL(`/w/${videoId}`, location.href);
  const here = new URL(location.href);
  const share = here.pathname === url.pathname ? here.searchParams.get("share") : null;
  if (share) url.searchParams.set("share", share);
  return url.href;
}

/** The address of a watch page that begins at a time: `…/w/id?t=90`. */
export function linkAt(videoId: string, seconds: number): string {
  const url = new URL(watchUrl(videoId));
  if (seconds > 0) url.searchParams.set("t", String(Math.floor(seconds)));
  return url.href;
}

export interface EmbedChoice {
  videoId: string;
  title: string;
  /** Pixels; absent when the picture's size is not known. */
  width?: number | null;
  height?: number | null;
  /** Seconds. */
  start: number;
}

/** What another site puts into its page to show the player. */
export function embedCode({ videoId, title, width, height, start }: EmbedChoice): string {
  const source = new URL(`/embed/${videoId}`, location.href);
  if (start > 0) source.searchParams.set("start", String(Math.floor(start)));
  const [across, down] = sizeOf(width, height);
  return (
    `<iframe src="${quoted(source.href)}" width="${across}" height="${down}" title="${quoted(title)}" frameborder="0" ` +
    `allow="autoplay; fullscreen; picture-in-picture" allowfullscreen loading="lazy"></iframe>`
  );
}

const WIDTH = 640;

/** The picture's shape, neither a strip nor a tower. */
function sizeOf(width?: number | null, height?: number | null): [number, number] {
  const shape = width && height ? Math.min(3, Math.max(0.5, width / height)) : 16 / 9;
  return shape >= 1 ? [WIDTH, Math.round(WIDTH / shape)] : [Math.round(WIDTH * shape), WIDTH];
}

function quoted(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
