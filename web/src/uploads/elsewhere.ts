/** What the tabs of one browser tell each other: "who uploads what?" and the answer. */
export type TabMessage = { type: "who" } | { type: "mine"; tab: string; videos: readonly string[] };

/** A wire between the tabs: a BroadcastChannel, which unlike Web Locks also exists on plain http. */
export interface Wire {
  post(message: TabMessage): void;
  listen(listener: (message: TabMessage) => void): void;
}

/** A tab that has not answered for so long is gone: closed, crashed, or asleep. */
const SILENT_MS = 6000;
const ASK_MS = 2000;
/** How long an answer takes when there is somebody to give one. */
const ANSWER_MS = 150;

/** Knows which videos other tabs of this browser upload just now. */
export class Elsewhere {
  #wire: Wire;
  #tab: string;
  #mine: () => readonly string[];
  #others = new Map<string, { videos: readonly string[]; at: number }>();
  #listeners = new Set<() => void>();
  #shown: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(wire: Wire, tab: string, mine: () => readonly string[]) {
    this.#wire = wire;
    this.#tab = tab;
    this.#mine = mine;
    wire.listen((message) => this.#take(message));
  }

  /** Tells the others what this tab uploads; after every change of it. */
  announce(): void {
    this.#wire.post({ type: "mine", tab: this.#tab, videos: this.#mine() });
  }

  /** Asks the other tabs, and gives what they answered. */
  async ask(): Promise<ReadonlySet<string>> {
    this.#wire.post({ type: "who" });
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return this.#refresh();
  }

  /** As far as is known; asked again while somebody subscribes. */
  snapshot = (): ReadonlySet<string> => this.#shown;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#wire.post({ type: "who" });
      this.#timer = setInterval(() => {
        this.#wire.post({ type: "who" });
        this.#refresh();
      }, ASK_MS);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  #take(message: TabMessage): void {
    if (message.type === "who") {
      if (this.#mine().length > 0) this.announce();
      return;
    }
    if (message.tab === this.#tab) return;
    if (message.videos.length === 0) this.#others.delete(message.tab);
    else this.#others.set(message.tab, { videos: message.videos, at: Date.now() });
    this.#refresh();
  }

  #refresh(): ReadonlySet<string> {
    for (const [tab, { at }] of this.#others) if (Date.now() - at > SILENT_MS) this.#others.delete(tab);
    const videos = new Set([...this.#others.values()].flatMap((other) => other.videos));
    const same = videos.size === this.#shown.size && [...videos].every((video) => this.#shown.has(video));
    if (!same) {
      this.#shown = videos;
      for (const listener of this.#listeners) listener();
    }
    return this.#shown;
  }
}

/** The wire of a browser; without BroadcastChannel this tab is alone. */
export function browserWire(): Wire {
  if (typeof BroadcastChannel === "undefined") return { post: () => undefined, listen: () => undefined };
  const channel = new BroadcastChannel("vitascope.uploads");
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => {
      channel.onmessage = (event: MessageEvent<TabMessage>) => listener(event.data);
    },
  };
}
