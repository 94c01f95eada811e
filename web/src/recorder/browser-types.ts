// What Chromium has and TypeScript's library does not describe (W3C mediacapture-transform, document-picture-in-picture,
// mediacapture-record).

declare global {
  interface MediaStreamTrackProcessor {
    readonly readable: ReadableStream<VideoFrame>;
  }
  interface MediaStreamTrackGenerator extends MediaStreamTrack {
    readonly writable: WritableStream<VideoFrame>;
  }
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
    MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack }) => MediaStreamTrackProcessor;
    MediaStreamTrackGenerator?: new (init: { kind: "video" }) => MediaStreamTrackGenerator;
    documentPictureInPicture?: {
      requestWindow(options: { width: number; height: number }): Promise<Window>;
    };
  }
}

export {};
