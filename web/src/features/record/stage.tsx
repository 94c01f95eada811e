import { Monitor, Video } from "lucide-react";
import { useEffect, useRef } from "react";
import type { StudioView } from "@/recorder/view";
import { t } from "@/shared/i18n/t";
import { BubbleHandle } from "./bubble-handle";

/** The stage's share of the window's height, so that the controls below it can be seen. */
const HIGHEST_VH = 68;

/** What is recorded, or will be. `countdown`: the seconds until it begins, where they are counted. */
export function Stage({ view, opening, countdown = 0 }: { view: StudioView; opening: boolean; countdown?: number }) {
  const { settings, camera, picture, aspect } = view;
  const shown = picture ?? (settings.source === "camera" ? camera : undefined);
  const withBubble = picture === undefined ? settings.source !== "camera" && settings.bubble : view.bubbleOn;
  const shape = picture === undefined ? 16 / 9 : aspect;
  return (
    <div
      className="relative mx-auto grid place-items-center overflow-hidden rounded-2xl bg-[#171411] text-white"
      style={{ aspectRatio: shape, width: `min(100%, ${HIGHEST_VH * shape}vh)` }}
    >
      {shown ? (
        <Live stream={shown} label={t("record.preview")} className="size-full object-contain" />
      ) : (
        <Placeholder camera={settings.source === "camera"} />
      )}
      {withBubble && <BubbleHandle view={view} filled={picture === undefined} />}
      {opening && picture === undefined && (
        <p className="absolute inset-x-0 bottom-0 bg-black/70 px-4 py-3 text-center">{t("record.opening")}</p>
      )}
      <Countdown left={countdown} />
    </div>
  );
}

function Placeholder({ camera }: { camera: boolean }) {
  const Icon = camera ? Video : Monitor;
  return (
    <div className="grid max-w-sm justify-items-center gap-3 px-6 text-center text-white/85">
      <Icon size={40} aria-hidden="true" className="text-[#f0a020]" />
      <p className="text-pretty max-sm:text-sm">{t(camera ? "record.stageCamera" : "record.stageScreen")}</p>
    </div>
  );
}

function Countdown({ left }: { left: number }) {
  return (
    <div role="status" className="pointer-events-none absolute inset-0 grid place-items-center">
      {left > 0 && (
        <p className="grid size-32 place-items-center rounded-full bg-black/65 text-7xl font-bold tabular-nums">
          <span aria-hidden="true">{left}</span>
          <span className="sr-only">{t("record.countdown", { n: left })}</span>
        </p>
      )}
    </div>
  );
}

/** A stream as a silent moving picture. */
export function Live({ stream, label, className }: { stream: MediaStream; label: string; className?: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = stream;
    // Refused only while the element is taken away again.
    element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [stream]);
  return <video ref={video} aria-label={label} className={className} muted playsInline />;
}
