/** What a viewer chose once and expects again, and what was learnt of the line; a browser without storage forgets it with the page. */
export interface Preferences {
  /** The fixed quality as the short side of the picture in pixels; absent is automatic. */
  quality?: number;
  rate?: number;
  /** The language of captions that are on. */
  captions?: string;
  audio?: string;
  theater?: boolean;
  /** What the line carried last, in bit/s. */
  bandwidth?: number;
}

const KEY = "vitascope.player";

export function readPreferences(): Preferences {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof read === "object" && read !== null ? checked(read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function savePreferences(change: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readPreferences(), ...change }));
  } catch {
    // The choice lasts for this visit.
  }
}

function checked({ quality, rate, captions, audio, theater, bandwidth }: Record<string, unknown>): Preferences {
  return {
    quality: typeof quality === "number" && quality > 0 ? quality : undefined,
    rate: typeof rate === "number" && rate >= 0.25 && rate <= 4 ? rate : undefined,
    captions: typeof captions === "string" ? captions : undefined,
    audio: typeof audio === "string" ? audio : undefined,
    theater: theater === true ? true : undefined,
    bandwidth: typeof bandwidth === "number" && bandwidth > 0 ? bandwidth : undefined,
  };
}
