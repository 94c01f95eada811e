import "./browser-types";
import type { Trouble } from "./session";
import type { Settings } from "./settings";

/** What this browser can record here. `insecure`: the page was opened without https. */
export interface Abilities {
  insecure: boolean;
  camera: boolean;
  screen: boolean;
}

export function abilities(): Abilities {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  const recorder = typeof MediaRecorder !== "undefined";
  return {
    insecure: !isSecureContext,
    camera: recorder && typeof devices?.getUserMedia === "function",
    screen: recorder && typeof devices?.getDisplayMedia === "function",
  };
}

/** A device could not be opened. */
export class CaptureFailure extends Error {
  override readonly name = "CaptureFailure";
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** Asks the browser's own dialogue for a screen, window or tab. Must be the first thing after the click. */
export async function openScreen({ source, systemAudio, frameRate }: Settings): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getDisplayMedia({
      video: { displaySurface: source, frameRate: { ideal: frameRate, max: frameRate } },
      // As it is: what cleans a voice spoils music.
      audio: systemAudio && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      systemAudio: systemAudio ? "include" : "exclude",
      surfaceSwitching: "include",
      selfBrowserSurface: "exclude",
    });
  } catch (error) {
    const trouble = troubleOf(error);
    throw new CaptureFailure(trouble === "denied" ? "denied_screen" : trouble);
  }
}

export function openCamera({ cameraId, height, frameRate, source }: Settings): Promise<MediaStream> {
  // A bubble is never larger than this.
  const lines = source === "camera" ? height : Math.min(height, 720);
  return open(cameraId, (deviceId) => ({
    video: {
      deviceId,
      height: { ideal: lines },
      width: { ideal: Math.round((lines * 16) / 9) },
      frameRate: { ideal: frameRate },
    },
  }));
}

export function openMicrophone({ microphoneId, cleanVoice }: Settings): Promise<MediaStream> {
  return open(microphoneId, (deviceId) => ({
    audio: { deviceId, echoCancellation: cleanVoice, noiseSuppression: cleanVoice, autoGainControl: cleanVoice },
  }));
}

/** Opens the remembered device, or any other when that one is not plugged in any more. */
async function open(
  deviceId: string,
  constraints: (deviceId: ConstrainDOMString | undefined) => MediaStreamConstraints,
): Promise<MediaStream> {
  const ask = (id: ConstrainDOMString | undefined) => navigator.mediaDevices.getUserMedia(constraints(id));
  try {
    if (deviceId === "") return await ask(undefined);
    return await ask({ exact: deviceId }).catch((error: unknown) => {
      if (error instanceof DOMException && /^(Overconstrained|NotFound)Error$/.test(error.name)) return ask(undefined);
      throw error;
    });
  } catch (error) {
    throw new CaptureFailure(troubleOf(error));
  }
}

function troubleOf(error: unknown): Trouble {
  // OverconstrainedError is no DOMException in every browser; the name tells in all of them.
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no_device";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "unsupported";
}

export interface DeviceList {
  cameras: readonly MediaDeviceInfo[];
  microphones: readonly MediaDeviceInfo[];
}

/** Cameras and microphones. Without a permission they have neither names nor ids, and are left out. */
export async function listDevices(): Promise<DeviceList> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const known = all.filter((device) => device.deviceId !== "" && device.label !== "");
  return {
    cameras: known.filter((device) => device.kind === "videoinput"),
    microphones: known.filter((device) => device.kind === "audioinput"),
  };
}

/** Whether camera or microphone may be opened without asking the person. */
export async function isGranted(name: "camera" | "microphone"): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === "granted";
  } catch {
    return false;
  }
}

export function stopAll(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
