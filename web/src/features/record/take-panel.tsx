import { CircleCheck, CloudUpload, WifiOff } from "lucide-react";
import { useState } from "react";
import { recorder } from "@/recorder/recorder";
import { isRunning } from "@/recorder/session";
import type { RecorderView } from "@/recorder/view";
import { t, tn } from "@/shared/i18n/t";
import { watchUrl } from "@/shared/share/links";
import { Button } from "@/shared/ui/button";
import { CopyLinkButton } from "@/shared/ui/copy-link";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { Notice, ProgressBar, Skeleton } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { VisibilityField } from "@/shared/video/visibility-field";
import { LevelMeter } from "./level-meter";
import { ProblemText } from "./problem-text";
import { Switch } from "./switch";

/** Beside a running take: its link, its details, and how much of it the server has. */
export function TakePanel({ view }: { view: RecorderView }) {
  const { session, plan, videoId, save } = view;
  const fields = save.kind === "error" ? save.fields : {};
  return (
    <div className="grid gap-5 rounded-2xl border border-line bg-surface p-5">
      {session.phase === "finishing" && <Finishing behind={view.behind} />}
      {session.phase === "stuck" && <Stuck view={view} />}
      {isRunning(session.phase) && <LineStatus view={view} />}
      {isRunning(session.phase) && (
        <div className="grid gap-2">
          {view.microphone && <LevelMeter kind="microphone" />}
          {view.systemSound && <LevelMeter kind="system" />}
        </div>
      )}
      <div className="grid gap-2">
        <h2 className="text-sm font-semibold">{t("record.link")}</h2>
        {videoId === undefined ? (
          <Skeleton className="h-6 w-full" />
        ) : (
          <>
            <p className="text-sm break-all text-ink-soft">{watchUrl(videoId)}</p>
            <div className="flex flex-wrap items-center gap-3">
              <CopyLinkButton videoId={videoId} />
              {isRunning(session.phase) && <p className="text-sm text-ink-soft">{t("record.linkText")}</p>}
            </div>
          </>
        )}
      </div>
      {plan && (
        <>
          <TextField
            label={t("video.title")}
            value={plan.title}
            error={fields.title}
            onChange={(event) => recorder.edit({ title: event.target.value })}
          />
          <VisibilityField
            value={plan.visibility}
            error={fields.visibility}
            onChange={(visibility) => recorder.edit({ visibility })}
          />
          {isRunning(session.phase) && (
            <Switch
              label={t("record.showWhile")}
              hint={t("record.showWhileHint")}
              checked={plan.show_while_recording}
              onChange={(on) => recorder.edit({ show_while_recording: on })}
            />
          )}
        </>
      )}
    </div>
  );
}

function LineStatus({ view }: { view: RecorderView }) {
  const { line, behind, problem } = view;
  if (line === "held" && problem !== undefined) {
    return (
      <div className="grid justify-items-start gap-3">
        <Notice tone="bad">
          <ProblemText problem={problem} />
          <p className="mt-1">{t("record.line.held")}</p>
        </Notice>
        <Button size="small" onClick={() => void recorder.again()}>
          {t("action.tryAgain")}
        </Button>
      </div>
    );
  }
  const cut = line === "offline" || line === "retrying";
  // The part that is on its way is no news.
  const late = behind > 2;
  const Icon = cut ? WifiOff : late ? CloudUpload : CircleCheck;
  return (
    <p role="status" className="flex gap-2.5 text-[0.9375rem]">
      <Icon
        size={19}
        aria-hidden="true"
        className={cut || late ? "mt-0.5 shrink-0 text-accent" : "mt-0.5 shrink-0 text-good"}
      />
      {cut ? t(`record.line.${line}`) : late ? tn("record.line.behind", behind) : t("record.line.safe")}
    </p>
  );
}

function Finishing({ behind }: { behind: number }) {
  return (
    <div className="grid gap-2">
      <p role="status" className="font-semibold">
        {behind > 0 ? tn("record.finishingLeft", behind) : t("record.finishing")}
      </p>
      <ProgressBar label={t("record.finishing")} />
    </div>
  );
}

function Stuck({ view }: { view: RecorderView }) {
  const [asking, setAsking] = useState(false);
  return (
    <div className="grid gap-3">
      <h2 className="text-lg font-semibold">{t("record.stuck")}</h2>
      {view.problem && (
        <Notice tone="bad">
          <ProblemText problem={view.problem} />
        </Notice>
      )}
      <p className="text-sm text-ink-soft">{t("record.stuckText")}</p>
      <div className="flex flex-wrap gap-2">
        <Button size="small" variant="primary" onClick={() => void recorder.again()}>
          {t("action.tryAgain")}
        </Button>
        <Button size="small" onClick={() => void recorder.finishWithSent()}>
          {t("record.finishWithSent")}
        </Button>
        <Button size="small" variant="quiet" onClick={() => setAsking(true)}>
          {t("record.discard")}
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t("record.discardConfirm")}
          text={t("record.discardText", { title: view.plan?.title ?? "" })}
          confirm={t("record.discard")}
          cancel={t("record.keepIt")}
          onConfirm={() => {
            setAsking(false);
            void recorder.discard();
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
