import type { MessageKey } from "@/shared/i18n/t";

/** What a command may touch. */
export interface CommandTarget {
  video: HTMLVideoElement;
  seek(seconds: number): void;
  play(): Promise<void>;
  toggleFullscreen(): void;
  toggleCaptions(): void;
  toggleTheater(): void;
  togglePictureInPicture(): void;
  showShortcuts(): void;
}

/** One thing the keyboard can do, as a record that the key handler and the help list share. */
export interface Command {
  id: string;
  label: MessageKey;
  /** `KeyboardEvent.key`, lower case; behind `ctrl+` with Ctrl or Cmd held down. */
  keys: readonly string[];
  /** Keys that a focused control (button, slider) keeps for itself. */
  yields?: boolean;
  /** Does it again while the key is held down. */
  repeats?: boolean;
  perform(target: CommandTarget, key: string): void;
}

const FRAME_SECONDS = 1 / 30;

const step = (seconds: number) => (target: CommandTarget) => target.seek(target.video.currentTime + seconds);

const louder = (by: number) => (target: CommandTarget) => {
  const { video } = target;
  video.volume = Math.round(Math.min(1, Math.max(0, video.volume + by)) * 100) / 100;
  if (by > 0) video.muted = false;
};

const faster =
  (by: number) =>
  ({ video }: CommandTarget) => {
    video.playbackRate = Math.round(Math.min(4, Math.max(0.25, video.playbackRate + by)) * 100) / 100;
  };

const frame = (direction: 1 | -1) => (target: CommandTarget) => {
  if (target.video.paused) target.seek(target.video.currentTime + direction * FRAME_SECONDS);
};

function togglePlay({ video, play }: CommandTarget): void {
  if (video.paused) void play();
  else video.pause();
}

export const commands: readonly Command[] = [
  { id: "play", label: "player.key.play", keys: ["k", "mediaplaypause"], perform: togglePlay },
  { id: "play-space", label: "player.key.play", keys: [" "], yields: true, perform: togglePlay },
  { id: "back-10", label: "player.key.back10", keys: ["j", "mediarewind"], repeats: true, perform: step(-10) },
  {
    id: "forward-10",
    label: "player.key.forward10",
    keys: ["l", "mediafastforward"],
    repeats: true,
    perform: step(10),
  },
  { id: "back-5", label: "player.key.back5", keys: ["arrowleft"], yields: true, repeats: true, perform: step(-5) },
  {
    id: "forward-5",
    label: "player.key.forward5",
    keys: ["arrowright"],
    yields: true,
    repeats: true,
    perform: step(5),
  },
  { id: "louder", label: "player.key.louder", keys: ["arrowup"], yields: true, repeats: true, perform: louder(0.1) },
  {
    id: "quieter",
    label: "player.key.quieter",
    keys: ["arrowdown"],
    yields: true,
    repeats: true,
    perform: louder(-0.1),
  },
  {
    id: "mute",
    label: "player.key.mute",
    keys: ["m"],
    perform: ({ video }) => {
      video.muted = !video.muted;
    },
  },
  { id: "fullscreen", label: "player.key.fullscreen", keys: ["f"], perform: (target) => target.toggleFullscreen() },
  {
    id: "fullscreen-enter",
    label: "player.key.fullscreen",
    keys: ["ctrl+enter"],
    yields: true,
    perform: (target) => target.toggleFullscreen(),
  },
  { id: "theater", label: "player.key.theater", keys: ["t"], perform: (target) => target.toggleTheater() },
  { id: "pip", label: "player.key.pip", keys: ["i"], perform: (target) => target.togglePictureInPicture() },
  { id: "captions", label: "player.key.captions", keys: ["c"], perform: (target) => target.toggleCaptions() },
  { id: "slower", label: "player.key.slower", keys: ["<"], repeats: true, perform: faster(-0.1) },
  { id: "faster", label: "player.key.faster", keys: [">"], repeats: true, perform: faster(0.1) },
  { id: "frame-back", label: "player.key.frameBack", keys: [","], repeats: true, perform: frame(-1) },
  { id: "frame-forward", label: "player.key.frameForward", keys: ["."], repeats: true, perform: frame(1) },
  {
    id: "tenth",
    label: "player.key.tenth",
    keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    perform: (target, key) => {
      const { duration } = target.video;
      if (Number.isFinite(duration)) target.seek((duration * Number(key)) / 10);
    },
  },
  { id: "help", label: "player.key.help", keys: ["?"], perform: (target) => target.showShortcuts() },
];

/** The command for a key press, unless somebody is typing or a focused control uses the key itself. */
export function commandFor(event: KeyboardEvent): Command | undefined {
  if (event.defaultPrevented || event.altKey) return undefined;
  const key = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${keyOf(event)}`;
  const command = commands.find((candidate) => candidate.keys.includes(key));
  if (command === undefined || (event.repeat && !command.repeats)) return undefined;
  for (const target of event.composedPath()) {
    if (!(target instanceof HTMLElement)) continue;
    if (target.isContentEditable || target.matches("textarea, select, dialog")) return undefined;
    if (target.matches("input")) {
      if (!target.matches("[type=range]")) return undefined;
      if (command.yields) return undefined;
    }
    if (command.yields && target.matches(FOCUSABLE_CONTROL)) return undefined;
  }
  return command;
}

/** The key by its sign; where a keyboard writes other letters than Latin ones, by its place on the American one. */
export function keyOf({ key, code, shiftKey }: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  if (!/^[^ -\u024f]$/u.test(key)) return key.toLowerCase();
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const sign = SIGNS[code]?.[shiftKey ? 1 : 0];
  return letter?.toLowerCase() ?? sign ?? key.toLowerCase();
}

/** By their place, alone and with Shift. */
const SIGNS: Record<string, [string, string]> = { Comma: [",", "<"], Period: [".", ">"], Slash: ["/", "?"] };

const FOCUSABLE_CONTROL =
  "button, a[href], summary, [role=button], [role=slider], [role=menu], [role=menuitem], [role=menuitemradio], [role=switch]";
