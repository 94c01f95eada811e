import { Film, Video } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/problem";
import type { Visibility } from "@/api/types";
import { broadcaster } from "@/broadcast/broadcaster";
import { canPlayOut } from "@/broadcast/file-source";
import { CannotRecord } from "@/features/record/cannot-record";
import { Controls } from "@/features/record/controls";
import { Dot } from "@/features/record/dot";
import { SetupPanel } from "@/features/record/setup-panel";
import { Stage } from "@/features/record/stage";
import { Troubles } from "@/features/record/troubles";
import { abilities } from "@/recorder/capture";
import type { Trouble } from "@/recorder/session";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { CheckField } from "@/shared/ui/check-field";
import { Notice } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { VisibilityField } from "@/shared/video/visibility-field";
import { Choice } from "./choice";
import { OnAirBar, OnAirPanel } from "./on-air";
import { useBroadcast } from "./use-broadcast";

/** What a broadcast ends or goes on with, in words that fit it. */
const OWN_WORDS = ["camera_lost", "microphone_lost", "sharing_stopped", "recorder_failed"] as const;

function words(trouble: Trouble): string {
  const own = OWN_WORDS.find((name) => name === trouble);
  return own === undefined ? t(`record.trouble.${trouble}`) : t(`live.trouble.${own}`);
}

/** Camera, screen or a file of this browser as a broadcast: before, while and after it. `known` was begun before. */
export function BrowserStudio({ known }: { known?: { id: string; title: string } }) {
  const view = useBroadcast();
  const able = abilities();
  const [wishes, setWishes] = useState<Wishes>(() => ({ title: defaultTitle(), visibility: "public", save: true }));
  useEffect(() => {
    void broadcaster.enter();
    return () => broadcaster.leave();
  }, []);
  if (able.insecure || !(able.camera || able.screen)) return <CannotRecord insecure={able.insecure} />;
  const before = view.phase === "setup" || view.phase === "opening";
  if (view.phase === "ended" && view.id !== undefined) return <Ended id={view.id} troubles={view.troubles} />;
  const fields = view.failure instanceof ApiError ? view.failure.fields : {};
  return (
    <Controls value={broadcaster}>
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="grid min-w-0 gap-4">
          <Troubles troubles={view.troubles} words={words} onDismiss={(trouble) => broadcaster.dismiss(trouble)} />
          {view.failure !== undefined && <Notice tone="bad">{explain(view.failure)}</Notice>}
          {before && view.fromFile ? (
            <FilePreview file={view.file} />
          ) : (
            <Stage view={view} opening={view.phase === "opening"} />
          )}
          {before ? (
            <div className="flex justify-center">
              <Button
                variant="primary"
                className="min-h-12 px-6 text-lg"
                disabled={
                  view.phase === "opening" ||
                  (view.fromFile && view.file === undefined) ||
                  (known === undefined && wishes.title.trim() === "")
                }
                onClick={() => void broadcaster.start({ ...wishes, title: known?.title ?? wishes.title }, known?.id)}
              >
                <Dot />
                {t(known === undefined ? "live.start" : "live.goOn")}
              </Button>
            </div>
          ) : (
            <OnAirBar view={view} />
          )}
        </div>
        {before ? (
          <div className="grid min-w-0 gap-5">
            {known === undefined && (
              <div className="grid gap-4 rounded-2xl border border-line bg-surface p-5">
                <Details wishes={wishes} fields={fields} onChange={(more) => setWishes({ ...wishes, ...more })} />
              </div>
            )}
            <SourcePanel />
            {!view.fromFile && <SetupPanel view={view} able={able} heading={t("live.devices")} counts={false} />}
          </div>
        ) : (
          <OnAirPanel view={view} />
        )}
      </div>
    </Controls>
  );
}

interface Wishes {
  title: string;
  visibility: Visibility;
  save: boolean;
}

function defaultTitle(): string {
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(new Date());
  return t("live.defaultTitle", { date });
}

function Details({
  wishes,
  fields,
  onChange,
}: {
  wishes: Wishes;
  fields: Readonly<Record<string, string>>;
  onChange: (changes: Partial<Wishes>) => void;
}) {
  return (
    <>
      <TextField
        label={t("live.name")}
        value={wishes.title}
        required
        maxLength={200}
        error={fields.title}
        onChange={(event) => onChange({ title: event.target.value })}
      />
      <VisibilityField value={wishes.visibility} onChange={(visibility) => onChange({ visibility })} />
      <CheckField label={t("live.save")} checked={wishes.save} onChange={(save) => onChange({ save })} />
    </>
  );
}

/** Devices, or a file of the person's own. */
function SourcePanel() {
  const { fromFile } = useBroadcast();
  if (!canPlayOut()) return null;
  return (
    <div className="grid gap-4 rounded-2xl border border-line bg-surface p-5">
      <Choice
        label={t("live.source")}
        value={fromFile ? "file" : "devices"}
        onChange={(value) => broadcaster.chooseSource(value === "file")}
        options={[
          { value: "devices", label: t("live.source.devices"), icon: Video },
          { value: "file", label: t("live.source.file"), icon: Film },
        ]}
      />
      {fromFile && (
        <label className="grid gap-1.5">
          <span className="text-sm font-semibold">{t("live.file")}</span>
          <input
            type="file"
            accept="video/*"
            onChange={(event) => broadcaster.chooseSource(true, event.target.files?.[0])}
            className="w-full min-w-0 text-sm file:mr-3 file:min-h-9 file:cursor-pointer file:rounded-lg file:border file:border-line file:bg-raised file:px-3 file:font-semibold"
          />
          <span className="text-sm text-pretty text-ink-soft">{t("live.fileText")}</span>
        </label>
      )}
    </div>
  );
}

/** The file that will be sent, to be looked at before. */
function FilePreview({ file }: { file: File | undefined }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (file === undefined || element === null) return;
    const address = URL.createObjectURL(file);
    element.src = address;
    return () => URL.revokeObjectURL(address);
  }, [file]);
  return (
    <div className="grid aspect-video place-items-center overflow-hidden rounded-2xl bg-[#171411] text-white">
      {file === undefined ? (
        <div className="grid justify-items-center gap-3 px-6 text-center text-white/85">
          <Film size={40} aria-hidden="true" className="text-[#f0a020]" />
          <p>{t("live.fileNone")}</p>
        </div>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: the person's own file, as it is
        <video ref={video} aria-label={file.name} controls playsInline className="size-full" />
      )}
    </div>
  );
}

function Ended({ id, troubles }: { id: string; troubles: readonly Trouble[] }) {
  return (
    <div className="grid max-w-2xl gap-4">
      <Troubles troubles={troubles} words={words} onDismiss={(trouble) => broadcaster.dismiss(trouble)} />
      <section className="grid gap-4 rounded-2xl border border-line bg-raised p-5 sm:p-6">
        <p role="status" className="text-lg font-semibold">
          {t("live.state.ended")}
        </p>
        <div className="flex flex-wrap gap-3">
          <ButtonLink to={`/w/${id}`} variant="primary">
            {t("live.watch")}
          </ButtonLink>
          <Button onClick={() => void broadcaster.enter()}>{t("live.again")}</Button>
        </div>
      </section>
    </div>
  );
}
