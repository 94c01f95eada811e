import { Mic, MicOff, Pause, PictureInPicture2, Play, RotateCcw, Square, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { createPortal } from "react-dom";
import { recorder } from "@/recorder/recorder";
import { isRunning } from "@/recorder/session";
import type { RecorderView } from "@/recorder/view";
import { formatClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { copyText } from "@/shared/share/clipboard";
import { watchUrl } from "@/shared/share/links";
import { Button } from "@/shared/ui/button";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { toast } from "@/shared/ui/toasts";
import { Dot } from "./dot";
import { usePictureWindow } from "./picture-window";
import { useSeconds } from "./use-seconds";

/** Time and buttons of a running take, on the page and in a small window of its own. */
export function ControlBar({ view }: { view: RecorderView }) {
  const [asking, setAsking] = useState<"restart" | "discard">();
  const small = usePictureWindow();
  const { phase } = view.session;
  if (phase === "opening" || phase === "countdown") {
    return (
      <Bar>
        <Button onClick={() => void recorder.stop()}>{t("record.cancel")}</Button>
      </Bar>
    );
  }
  if (!isRunning(phase)) return null;
  return (
    <>
      <Bar>
        <Clock view={view} />
        <Buttons view={view} />
        <div className="flex gap-1">
          <Button
            variant="quiet"
            size="icon"
            aria-label={t("record.restart")}
            title={t("record.restart")}
            onClick={() => setAsking("restart")}
          >
            <RotateCcw size={19} aria-hidden="true" />
          </Button>
          <Button
            variant="quiet"
            size="icon"
            aria-label={t("record.discard")}
            title={t("record.discard")}
            onClick={() => setAsking("discard")}
          >
            <Trash2 size={19} aria-hidden="true" />
          </Button>
          {small.open !== undefined && (
            <Button
              variant="quiet"
              size="icon"
              aria-label={t("record.popOut")}
              title={t("record.popOut")}
              onClick={small.open}
            >
              <PictureInPicture2 size={19} aria-hidden="true" />
            </Button>
          )}
        </div>
      </Bar>
      {small.body &&
        createPortal(
          <div className="flex flex-wrap items-center justify-center gap-3 p-3">
            <Clock view={view} />
            <Buttons view={view} />
          </div>,
          small.body,
        )}
      {asking && (
        <ConfirmDialog
          title={t(`record.${asking}Confirm`)}
          text={t(`record.${asking}Text`, { title: view.plan?.title ?? "" })}
          confirm={t(`record.${asking}`)}
          cancel={t("record.keep")}
          onConfirm={() => {
            setAsking(undefined);
            void (asking === "restart" ? recorder.restart() : recorder.discard());
          }}
          onClose={() => setAsking(undefined)}
        />
      )}
    </>
  );
}

function Bar({ children }: { children: ReactNode }) {
  return (
    <section
      aria-label={t("record.bar")}
      className="flex flex-wrap items-center justify-center gap-x-5 gap-y-3 rounded-2xl border border-line bg-raised px-4 py-3 shadow-lifted"
    >
      {children}
    </section>
  );
}

function Clock({ view }: { view: RecorderView }) {
  const seconds = useSeconds(recorder.elapsed);
  const paused = view.session.phase === "paused";
  return (
    <div className="flex items-center gap-2.5">
      <Dot hollow={paused} />
      <span className="text-sm font-semibold">{t(paused ? "record.paused" : "record.recording")}</span>
      <span role="timer" aria-label={t("record.time")} className="min-w-12 text-xl font-semibold tabular-nums">
        {formatClock(seconds)}
      </span>
    </div>
  );
}

function Buttons({ view }: { view: RecorderView }) {
  const { session, microphone, videoId } = view;
  const paused = session.phase === "paused";
  const stop = async () => {
    void recorder.stop();
    // Now, while the click still allows it.
    if (videoId !== undefined && (await copyText(watchUrl(videoId)))) toast(t("action.copied"));
  };
  return (
    <div className="flex items-center gap-2">
      <Button variant="danger" onClick={() => void stop()}>
        <Square size={16} fill="currentColor" aria-hidden="true" />
        {t("record.stop")}
      </Button>
      <Button onClick={() => (paused ? recorder.resume() : recorder.pause())}>
        {paused ? <Play size={17} aria-hidden="true" /> : <Pause size={17} aria-hidden="true" />}
        {t(paused ? "record.resume" : "record.pause")}
      </Button>
      {microphone && (
        <Button
          size="icon"
          aria-pressed={session.muted}
          aria-label={t(session.muted ? "record.unmute" : "record.mute")}
          title={t(session.muted ? "record.unmute" : "record.mute")}
          onClick={() => recorder.mute(!session.muted)}
        >
          {session.muted ? <MicOff size={18} aria-hidden="true" /> : <Mic size={18} aria-hidden="true" />}
        </Button>
      )}
    </div>
  );
}
