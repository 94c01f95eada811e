import { type Bubble, FIRST_BUBBLE, inside } from "./bubble";
import { CaptureFailure, openScreen, stopAll } from "./capture";
import { type Compositor, compose, hasFrameStreams } from "./compositor";
import type { Settings } from "./settings";

/** The picture of a take: the camera as it is, or a screen, with or without the camera over it. */
export class Picture {
  #onChange: () => void;
  #screen: MediaStream | undefined;
  #compositor: Compositor | undefined;
  #track: MediaStreamTrack | undefined;
  #stream: MediaStream | undefined;
  #bubble: Bubble = FIRST_BUBBLE;
  #bubbleOn = false;
  #aspect = 16 / 9;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** What is recorded. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** The same, to be shown. */
  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  /** Width by height. */
  get aspect(): number {
    return this.#aspect;
  }

  get bubble(): Bubble {
    return this.#bubble;
  }

  /** The camera is in the picture as a bubble. */
  get bubbleOn(): boolean {
    return this.#bubbleOn;
  }

  /** Asks for a screen, window or tab. */
  async share(settings: Settings): Promise<MediaStream> {
    this.#screen = await openScreen(settings);
    return this.#screen;
  }

  /** Makes the picture of the shared screen and this camera. */
  open(settings: Settings, camera: MediaStreamTrack | undefined): void {
    const screen = this.#screen?.getVideoTracks()[0];
    if (screen !== undefined) {
      this.#bubbleOn = camera !== undefined;
      this.#compose(settings, screen, camera);
    } else if (camera !== undefined) {
      const { width = 16, height = 9 } = camera.getSettings();
      this.#aspect = width / height;
      // A phone that is turned gives a picture of another size. Passed on by the worker it costs next to nothing to keep the first one;
      // on a canvas every picture would be drawn.
      if (hasFrameStreams()) this.#compose(settings, camera, undefined);
      else this.#show(camera);
    } else {
      throw new CaptureFailure("no_device");
    }
  }

  move(bubble: Bubble): void {
    this.#bubble = inside(bubble, this.#aspect);
    this.#compositor?.move(this.#bubble);
    this.#onChange();
  }

  /** The camera is gone, and the bubble with it. */
  cameraOff(): void {
    this.#compositor?.cameraOff();
    this.#bubbleOn = false;
    this.#onChange();
  }

  close(): void {
    stopAll(this.#screen);
    this.#compositor?.close();
    this.#screen = undefined;
    this.#compositor = undefined;
    this.#track = undefined;
    this.#stream = undefined;
    this.#bubbleOn = false;
    this.#onChange();
  }

  #compose(settings: Settings, screen: MediaStreamTrack, camera: MediaStreamTrack | undefined): void {
    const { height, frameRate } = settings;
    const onSize = (size: { width: number; height: number }) => this.#sized(size);
    this.#compositor = compose({ screen, camera, height, frameRate, bubble: this.#bubble, onSize });
    this.#show(this.#compositor.track);
  }

  #show(track: MediaStreamTrack): void {
    this.#track = track;
    this.#stream = new MediaStream([track]);
    this.#onChange();
  }

  #sized({ width, height }: { width: number; height: number }): void {
    this.#aspect = width / height;
    this.move(this.#bubble);
  }
}
