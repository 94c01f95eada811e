// Makes one picture of screen and camera, off the main thread: a busy or hidden page neither delays nor drops frames.
import { type Bubble, recordedSize } from "./bubble";
import type { CompositorOrder } from "./compositor";
import { draw } from "./draw";

/** A still screen sends nothing; its last picture is repeated this often, so that segments can end in time. */
const STILL_MS = 200;

let screen: VideoFrame | undefined;
let camera: VideoFrame | undefined;
let bubble: Bubble;
let writer: WritableStreamDefaultWriter<VideoFrame>;
let canvas: OffscreenCanvas | undefined;
let context: OffscreenCanvasRenderingContext2D | null = null;
let frameMs = 33;
let height = 1080;
let last = 0;
let writing = false;
/** Until then the picture waits for the camera's first frame, so that no take begins with a bubble that pops up. */
let cameraDue = 0;

/** How long a camera may take to wake up before the picture begins without it. */
const CAMERA_WAIT_MS = 1000;

function emit(): void {
  if (camera === undefined && performance.now() < cameraDue) return;
  // A sink that is busy gets the next picture instead of a queue of old ones.
  if (screen === undefined || writing) return;
  const now = performance.now();
  if (now - last < frameMs * 0.7) return;
  last = now;
  const source = { width: screen.displayWidth, height: screen.displayHeight };
  if (canvas === undefined) {
    const size = recordedSize(source, height);
    canvas = new OffscreenCanvas(size.width, size.height);
    postMessage(size);
  }
  const timestamp = Math.round(now * 1000);
  const same = source.width === canvas.width && source.height === canvas.height;
  let frame: VideoFrame;
  if (same && camera === undefined) {
    frame = new VideoFrame(screen, { timestamp });
  } else {
    context ??= canvas.getContext("2d", { alpha: false });
    if (context === null) return;
    draw(
      context,
      canvas,
      { picture: screen, size: source },
      camera && { picture: camera, size: { width: camera.displayWidth, height: camera.displayHeight } },
      bubble,
    );
    frame = new VideoFrame(canvas, { timestamp });
  }
  writing = true;
  writer.write(frame).then(
    () => {
      writing = false;
    },
    () => frame.close(),
  );
}

const readers: ReadableStreamDefaultReader<VideoFrame>[] = [];
let closing = false;

async function pull(stream: ReadableStream<VideoFrame>, take: (frame: VideoFrame | undefined) => void): Promise<void> {
  const reader = stream.getReader();
  readers.push(reader);
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (closing) value?.close();
    else take(value);
    if (done) return;
  }
}

/** Gives every frame back: cameras and screens have only a few of them to lend. */
async function end(): Promise<void> {
  closing = true;
  screen?.close();
  camera?.close();
  screen = undefined;
  camera = undefined;
  await Promise.all(readers.map((reader) => reader.cancel().catch(() => undefined)));
  close();
}

addEventListener("message", ({ data }: MessageEvent<CompositorOrder>) => {
  if (data.type === "bubble") {
    bubble = data.bubble;
    return;
  }
  if (data.type === "close") {
    void end();
    return;
  }
  if (data.type === "camera_off") {
    cameraDue = 0;
    camera?.close();
    camera = undefined;
    return;
  }
  bubble = data.bubble;
  frameMs = 1000 / data.frameRate;
  height = data.height;
  writer = data.output.getWriter();
  void pull(data.screen, (frame) => {
    // The last picture stays when the source ends: the take may still be closing.
    if (frame === undefined) return;
    screen?.close();
    screen = frame;
    if (camera === undefined) emit();
  });
  if (data.camera !== undefined) {
    cameraDue = performance.now() + CAMERA_WAIT_MS;
    void pull(data.camera, (frame) => {
      cameraDue = 0;
      camera?.close();
      camera = frame;
      // The camera's steady beat drives the picture; the screen comes when something moves on it.
      emit();
    });
  }
  setInterval(() => {
    if (performance.now() - last >= STILL_MS) emit();
  }, STILL_MS / 2);
});
