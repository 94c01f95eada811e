/** What is recorded: one of the browser's three kinds of surface, or the camera alone. */
export type Source = "monitor" | "window" | "browser" | "camera";

export interface Settings {
  source: Source;
  /** The camera as a bubble over the screen. */
  bubble: boolean;
  /** The microphone is recorded. */
  microphone: boolean;
  /** The sound of the tab or of the whole system is recorded. */
  systemAudio: boolean;
  /** The browser's own noise suppression, echo cancellation and gain. */
  cleanVoice: boolean;
  cameraId: string;
  microphoneId: string;
  /** The most lines of the picture. */
  height: number;
  frameRate: number;
  /** Seconds between the start button and the first picture. */
  countdown: number;
}

export const HEIGHTS: readonly number[] = [480, 720, 1080, 1440, 2160];
export const FRAME_RATES: readonly number[] = [15, 24, 30, 60];
export const COUNTDOWNS: readonly number[] = [0, 3, 5, 10];
export const SOURCES: readonly Source[] = ["monitor", "window", "browser", "camera"];

export const DEFAULTS: Settings = {
  source: "monitor",
  bubble: true,
  microphone: true,
  systemAudio: true,
  cleanVoice: true,
  cameraId: "",
  microphoneId: "",
  height: 1080,
  frameRate: 30,
  countdown: 3,
};

const KEY = "vitascope.recorder";

/** The last choice on this device, as far as it still makes sense. */
export function loadSettings(storage: Pick<Storage, "getItem"> | undefined): Settings {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? "{}");
    return typeof stored === "object" && stored !== null ? sensible(stored as Record<string, unknown>) : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

export function saveSettings(settings: Settings, storage: Pick<Storage, "setItem"> | undefined): void {
  try {
    storage?.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Without storage the choice lasts for this visit.
  }
}

function sensible(stored: Record<string, unknown>): Settings {
  const flag = (name: "bubble" | "microphone" | "systemAudio" | "cleanVoice") =>
    typeof stored[name] === "boolean" ? stored[name] : DEFAULTS[name];
  const text = (name: "cameraId" | "microphoneId") => {
    const value = stored[name];
    return typeof value === "string" && value.length <= 500 ? value : "";
  };
  return {
    source: SOURCES.find((source) => source === stored.source) ?? DEFAULTS.source,
    bubble: flag("bubble"),
    microphone: flag("microphone"),
    systemAudio: flag("systemAudio"),
    cleanVoice: flag("cleanVoice"),
    cameraId: text("cameraId"),
    microphoneId: text("microphoneId"),
    height: HEIGHTS.find((height) => height === stored.height) ?? DEFAULTS.height,
    frameRate: FRAME_RATES.find((rate) => rate === stored.frameRate) ?? DEFAULTS.frameRate,
    countdown: COUNTDOWNS.find((seconds) => seconds === stored.countdown) ?? DEFAULTS.countdown,
  };
}
