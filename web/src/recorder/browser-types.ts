// What Chromium has and TypeScript's library does not describe (W3C mediacapture-transform, document-picture-in-picture,
// mediacapture-record).

/** A `MediaStreamTrackProcessor` of a picture. */
interface PictureProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
/** A `MediaStreamTrackGenerator` of a picture. */
interface PictureGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

declare global {
  interface MediaRecorderOptions {
    /** Milliseconds. */
    videoKeyFrameIntervalDuration?: number;
  }
  interface DisplayMediaStreamOptions {
    systemAudio?: "include" | "exclude";
    surfaceSwitching?: "include" | "exclude";
    selfBrowserSurface?: "include" | "exclude";
  }
  interface Window {
    MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack }) => PictureProcessor;
    MediaStreamTrackGenerator?: new (init: { kind: "video" }) => PictureGenerator;
    documentPictureInPicture?: {
      requestWindow(options: { width: number; height: number }): Promise<Window>;
    };
  }
}

export {};
