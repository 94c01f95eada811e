// A client of the documented API, for what a test prepares or looks at beside the page. Also used by the benches.
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { atEnd, fresh, until } from "./kit.mjs";

export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /** Sends JSON and reads JSON; the answer of a refused call is thrown with its problem document. */
  async call(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    const document = text === "" ? undefined : JSON.parse(text);
    if (!answer.ok) {
      const error = new Error(`${method} ${path}: ${answer.status} ${document?.title ?? ""} ${document?.detail ?? ""}`);
      throw Object.assign(error, { status: answer.status, problem: document });
    }
    return document;
  }

  /** A new account, and a client that acts for it. */
  static async register(url) {
    const user = account();
    const { access_token } = await new Api(url).call("POST", "/api/auth/register", user);
    return Object.assign(new Api(url, access_token), { user });
  }

  video(id) {
    return this.call("GET", `/api/videos/${id}`);
  }

  /** Begins an upload of a file on the disk and sends all its parts, but does not complete it. */
  async send(path, { title = basename(path), visibility = "public", contentType = "video/mp4" } = {}) {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { id, part_size } = await this.call("POST", "/api/videos/init", {
        title,
        file_name: basename(path),
        content_type: contentType,
        size,
        visibility,
      });
      atEnd(() => this.abandon(id));
      const count = Math.ceil(size / part_size);
      for (let number = 1; number <= count; number += 1) {
        const { parts } = await this.call("POST", `/api/videos/${id}/parts`, { numbers: [number] });
        const start = (number - 1) * part_size;
        const bytes = Buffer.alloc(Math.min(part_size, size - start));
        await file.read(bytes, 0, bytes.length, start);
        const answer = await fetch(new URL(parts[0].url, this.url), {
          method: parts[0].method,
          headers: parts[0].headers,
          body: bytes,
        });
        if (!answer.ok) throw new Error(`part ${number}: ${answer.status} ${await answer.text()}`);
      }
      return { id, count };
    } finally {
      await file.close();
    }
  }

  /** Deletes a video that is not ready yet, with all that is still to be done for it. */
  async abandon(id) {
    try {
      const { state } = await this.video(id);
      if (state !== "ready") await this.call("DELETE", `/api/videos/${id}`);
    } catch {
      // The test deleted it, or ended its server.
    }
  }

  /** A whole upload; the answer is the video's id. */
  async upload(path, options) {
    const { id, count } = await this.send(path, options);
    await this.call("POST", `/api/videos/${id}/complete`, { count });
    return id;
  }

  /** Waits until the video is as `wanted` (a function of the video) says. A failed video ends the waiting. */
  waitFor(id, what, wanted, { timeout, every = 200 } = {}) {
    return until(
      `${what} of ${id}`,
      async () => {
        const video = await this.video(id);
        if (wanted(video)) return video;
        if (video.state === "failed") throw new Error(`the video failed: ${video.error?.code} ${video.error?.message}`);
        return undefined;
      },
      { timeout, every },
    );
  }

  playable(id, options) {
    return this.waitFor(id, "playable", (video) => video.playable, options);
  }

  ready(id, options) {
    return this.waitFor(id, "ready", (video) => video.state === "ready", options);
  }
}

/** Details that no other account of this run has. */
export function account() {
  const username = fresh("viewer");
  return { username, email: `${username}@example.org`, password: `correct horse ${username}` };
}
