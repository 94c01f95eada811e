import "./browser-types";
import { type Bubble, recordedSize } from "./bubble";
import { draw } from "./draw";

export type CompositorOrder =
  | {
      type: "start";
      screen: ReadableStream<VideoFrame>;
      camera: ReadableStream<VideoFrame> | undefined;
      output: WritableStream<VideoFrame>;
      /** The most lines of the picture. */
      height: number;
      frameRate: number;
      bubble: Bubble;
    }
  | { type: "bubble"; bubble: Bubble }
  | { type: "camera_off" }
  | { type: "close" };

export interface CompositorInput {
  /** What fills the picture. */
  screen: MediaStreamTrack;
  camera: MediaStreamTrack | undefined;
  height: number;
  frameRate: number;
  bubble: Bubble;
  /** The recording's size is known. */
  onSize(size: { width: number; height: number }): void;
}

/** One picture made of screen and camera. */
export interface Compositor {
  track: MediaStreamTrack;
  move(bubble: Bubble): void;
  /** The camera is gone: the bubble with it. */
  cameraOff(): void;
  close(): void;
}

/** Whether this browser gives tracks as streams of frames. */
export function hasFrameStreams(): boolean {
  return window.MediaStreamTrackProcessor !== undefined && window.MediaStreamTrackGenerator !== undefined;
}

/** In a worker where the browser gives tracks as streams of frames, and on a canvas otherwise. */
export function compose(input: CompositorInput): Compositor {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = window;
  if (MediaStreamTrackProcessor === undefined || MediaStreamTrackGenerator === undefined) return onCanvas(input);
  const { screen, camera, height, frameRate, bubble } = input;
  const worker = new Worker(new URL("./compositor.worker.ts", import.meta.url), { type: "module", name: "compositor" });
  const framesOf = (track: MediaStreamTrack) => new MediaStreamTrackProcessor({ track }).readable;
  const generator = new MediaStreamTrackGenerator({ kind: "video" });
  const order: CompositorOrder = {
    type: "start",
    screen: framesOf(screen),
    camera: camera && framesOf(camera),
    output: generator.writable,
    height,
    frameRate,
    bubble,
  };
  worker.onmessage = ({ data }: MessageEvent<{ width: number; height: number }>) => input.onSize(data);
  worker.postMessage(order, [order.screen, order.output, ...(order.camera ? [order.camera] : [])]);
  return {
    track: generator,
    move: (next) => worker.postMessage({ type: "bubble", bubble: next } satisfies CompositorOrder),
    cameraOff: () => worker.postMessage({ type: "camera_off" } satisfies CompositorOrder),
    close: () => {
      generator.stop();
      worker.postMessage({ type: "close" } satisfies CompositorOrder);
    },
  };
}

const STILL_MS = 200;

/** On a canvas of the page, drawn when the camera or the screen presents a frame: those go on in a hidden tab. */
function onCanvas({ screen, camera, height, frameRate, bubble, onSize }: CompositorInput): Compositor {
  const play = (track: MediaStreamTrack) => {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    void video.play().catch(() => undefined);
    return video;
  };
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  const [below, above] = [play(screen), camera && play(camera)];
  let [at, on, last, sized, closed] = [bubble, above !== undefined, 0, false, false];
  const sizeOf = (video: HTMLVideoElement) => ({ width: video.videoWidth, height: video.videoHeight });
  const paint = () => {
    if (context === null || below.videoWidth === 0) return;
    if (!sized) {
      const size = recordedSize(sizeOf(below), height);
      canvas.width = size.width;
      canvas.height = size.height;
      sized = true;
      onSize(size);
    }
    const now = performance.now();
    if (now - last < (1000 / frameRate) * 0.7) return;
    last = now;
    const shown = on && above !== undefined && above.videoWidth > 0 ? above : undefined;
    draw(
      context,
      canvas,
      { picture: below, size: sizeOf(below) },
      shown && { picture: shown, size: sizeOf(shown) },
      at,
    );
  };
  const follow = (video: HTMLVideoElement) => {
    video.requestVideoFrameCallback(() => {
      if (closed) return;
      paint();
      follow(video);
    });
  };
  follow(below);
  if (above) follow(above);
  const still = setInterval(() => {
    if (performance.now() - last >= STILL_MS) paint();
  }, STILL_MS);
  const track = canvas.captureStream(frameRate).getVideoTracks()[0] as MediaStreamTrack;
  return {
    track,
    move: (next) => {
      at = next;
    },
    cameraOff: () => {
      on = false;
    },
    close: () => {
      closed = true;
      clearInterval(still);
      track.stop();
      for (const video of [below, above]) if (video) video.srcObject = null;
    },
  };
}
