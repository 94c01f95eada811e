import { CircleCheck, CloudUpload, Mic, MicOff, Square, WifiOff } from "lucide-react";
import { type BroadcastView, broadcaster } from "@/broadcast/broadcaster";
import { TOO_SLOW } from "@/broadcast/uplink";
import { Dot } from "@/features/record/dot";
import { LevelMeter } from "@/features/record/level-meter";
import { useSeconds } from "@/features/record/use-seconds";
import { formatBytes, formatClock } from "@/shared/format";
import { t, tn } from "@/shared/i18n/t";
import { watchUrl } from "@/shared/share/links";
import { Button, ButtonLink } from "@/shared/ui/button";
import { CopyLinkButton } from "@/shared/ui/copy-link";
import { Notice } from "@/shared/ui/feedback";

/** Less than this is on its way, more has to wait. Seconds. */
const ON_ITS_WAY = 3;

/** Time and buttons of a broadcast that is on. */
export function OnAirBar({ view }: { view: BroadcastView }) {
  const seconds = useSeconds(broadcaster.elapsed);
  return (
    <section
      aria-label={t("live.bar")}
      className="flex flex-wrap items-center justify-center gap-x-5 gap-y-3 rounded-2xl border border-line bg-raised px-4 py-3 shadow-lifted"
    >
      <div className="flex items-center gap-2.5">
        <Dot hollow={view.phase !== "live"} />
        <span className="text-sm font-semibold">{t(view.phase === "live" ? "live.on" : "live.off")}</span>
        <span role="timer" aria-label={t("live.time")} className="min-w-12 text-xl font-semibold tabular-nums">
          {formatClock(seconds)}
        </span>
      </div>
      <div className="flex items-center gap-2">
        {view.phase === "ending" ? (
          <Button variant="danger" onClick={() => void broadcaster.stopNow()}>
            {t(view.failure === undefined ? "live.endNow" : "live.end")}
          </Button>
        ) : (
          <Button variant="danger" onClick={() => void broadcaster.stop()}>
            <Square size={16} fill="currentColor" aria-hidden="true" />
            {t("live.end")}
          </Button>
        )}
        {view.microphone && (
          <Button
            size="icon"
            aria-pressed={view.muted}
            aria-label={t(view.muted ? "record.unmute" : "record.mute")}
            title={t(view.muted ? "record.unmute" : "record.mute")}
            onClick={() => broadcaster.mute(!view.muted)}
          >
            {view.muted ? <MicOff size={18} aria-hidden="true" /> : <Mic size={18} aria-hidden="true" />}
          </Button>
        )}
      </div>
    </section>
  );
}

/** Beside a broadcast that is on: how it reaches the server, and where it can be watched. */
export function OnAirPanel({ view }: { view: BroadcastView }) {
  return (
    <div className="grid min-w-0 gap-5 rounded-2xl border border-line bg-surface p-5">
      <h2 className="font-semibold wrap-anywhere">{view.title}</h2>
      <Health view={view} />
      {(view.microphone || view.systemSound) && (
        <div className="grid gap-2">
          {view.microphone && <LevelMeter kind="microphone" />}
          {view.systemSound && <LevelMeter kind="system" />}
        </div>
      )}
      {view.id !== undefined && (
        <div className="grid gap-2">
          <h3 className="text-sm font-semibold">{t("live.link")}</h3>
          <p className="text-sm break-all text-ink-soft">{watchUrl(view.id)}</p>
          <div className="flex flex-wrap items-center gap-3">
            <CopyLinkButton videoId={view.id} />
            <ButtonLink to={`/w/${view.id}`} target="_blank" size="small">
              {t("live.watch")}
            </ButtonLink>
          </div>
        </div>
      )}
    </div>
  );
}

function Health({ view }: { view: BroadcastView }) {
  const { phase, refusal, waiting, rate } = view;
  if (phase === "refused" && refusal !== undefined) {
    return (
      <div className="grid justify-items-start gap-3">
        <Notice tone="bad">
          {refusal.code === TOO_SLOW ? t("live.tooSlow") : refusal.message || t("live.refused")}
        </Notice>
        <Button variant="primary" onClick={() => broadcaster.goOn()}>
          {t("live.goOn")}
        </Button>
      </div>
    );
  }
  const { icon: Icon, text, tone } = status(view);
  return (
    <div className="grid gap-3">
      <p role="status" className="flex items-start gap-2.5 text-sm font-medium">
        <Icon size={18} aria-hidden="true" className={tone} />
        <span className="min-w-0 text-pretty">
          {text}
          {view.said && <span className="mt-1 block font-normal text-ink-soft">{view.said}</span>}
        </span>
      </p>
      <dl className="grid grid-cols-2 gap-3 text-sm">
        <div>
          <dt className="text-ink-soft">{t("live.rate")}</dt>
          <dd className="font-semibold tabular-nums">{t("live.megabits", { n: (rate / 1e6).toFixed(1) })}</dd>
        </div>
        <div>
          <dt className="text-ink-soft">{t("live.waiting")}</dt>
          <dd className="font-semibold tabular-nums">{formatBytes(waiting)}</dd>
        </div>
      </dl>
    </div>
  );
}

function status({ phase, line, behind }: BroadcastView) {
  const seconds = Math.ceil(behind);
  if (line === "lost") {
    return { icon: WifiOff, tone: "mt-0.5 shrink-0 text-bad", text: tn("live.line.lost", seconds) };
  }
  if (phase === "ending") {
    return { icon: CloudUpload, tone: "mt-0.5 shrink-0 text-accent", text: t("live.line.ending") };
  }
  if (line === "connecting") {
    return { icon: CloudUpload, tone: "mt-0.5 shrink-0 text-accent", text: t("live.line.connecting") };
  }
  if (seconds > ON_ITS_WAY) {
    return { icon: CloudUpload, tone: "mt-0.5 shrink-0 text-accent", text: tn("live.line.behind", seconds) };
  }
  return { icon: CircleCheck, tone: "mt-0.5 shrink-0 text-good", text: t("live.line.open") };
}
