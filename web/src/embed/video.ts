import type { Video } from "@/api/types";

/** What the server says about a video to somebody without a session. */
export type Answer = { kind: "video"; video: Video } | { kind: "gone" } | { kind: "unreachable" };

/** Asks without cookies and tokens: in a frame of another site nobody is signed in, wherever the browser stands on that. */
export async function askFor(id: string): Promise<Answer> {
  try {
    const response = await fetch(`/api/videos/${encodeURIComponent(id)}`, {
      headers: { accept: "application/json" },
      credentials: "omit",
    });
    if (response.status === 404 || response.status === 410) return { kind: "gone" };
    if (!response.ok) return { kind: "unreachable" };
    return { kind: "video", video: (await response.json()) as Video };
  } catch {
    return { kind: "unreachable" };
  }
}
