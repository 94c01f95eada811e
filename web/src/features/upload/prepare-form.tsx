import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { heightOf, heightsFor } from "@/prepare/heights";
import type { Facts, Job, Preparer, Range } from "@/prepare/prepare";
import { formatBytes, formatClock, formatSpan } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { SelectField } from "@/shared/ui/field";
import { isPlaylist } from "@/uploads/is-playlist";

/** Less than this cannot be kept, in seconds. */
const SHORTEST = 0.5;

/** Where the file begins and ends, and how large it becomes. */
export function PrepareForm({
  file,
  facts,
  preparer,
  offered,
  disabled,
  onStart,
  children,
}: {
  file: File;
  facts: Facts;
  preparer: Preparer;
  offered?: number;
  disabled: boolean;
  onStart: (job: Job) => void;
  /** Further buttons. */
  children: ReactNode;
}) {
  const [range, setRange] = useState<Range>({ start: 0, end: facts.duration });
  const [side, setSide] = useState(offered);
  const video = useRef<HTMLVideoElement>(null);
  const trims = range.start > 0 || range.end < facts.duration;
  const kept = (range.end - range.start) / facts.duration;
  const move = (change: Partial<Range>) => {
    const next = { ...range, ...change };
    if (next.end - next.start < SHORTEST) return;
    setRange(next);
    if (video.current) video.current.currentTime = change.start ?? change.end ?? 0;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onStart({ range: trims ? range : undefined, height: side && heightOf(side, facts) });
  };
  return (
    <form onSubmit={submit} className="grid gap-5 md:grid-cols-[minmax(0,22rem)_1fr]">
      <Preview file={file} video={video} />
      <div className="grid content-start gap-4">
        <Edge
          label={t("prepare.start")}
          value={range.start}
          most={facts.duration}
          disabled={disabled}
          onChange={(start) => move({ start })}
          onHere={() => move({ start: video.current?.currentTime ?? range.start })}
        />
        <Edge
          label={t("prepare.end")}
          value={range.end}
          most={facts.duration}
          disabled={disabled}
          onChange={(end) => move({ end })}
          onHere={() => move({ end: video.current?.currentTime ?? range.end })}
        />
        <p className="text-sm text-ink-soft">
          {t("prepare.kept", { time: formatClock(range.end - range.start), of: formatClock(facts.duration) })}
          {trims && side === undefined && ` ${t("prepare.gone")}`}
        </p>
        <SizeField facts={facts} file={file} value={side} disabled={disabled} onChange={setSide} />
        {side !== undefined && <Forecast file={file} preparer={preparer} height={heightOf(side, facts)} kept={kept} />}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" disabled={disabled || (!trims && side === undefined)}>
            {t(side === undefined ? "prepare.trim" : trims ? "prepare.both" : "prepare.shrink")}
          </Button>
          {children}
        </div>
      </div>
    </form>
  );
}

/** One end of what is kept: a slider, and the moment at which the preview stands. */
function Edge({
  label,
  value,
  most,
  disabled,
  onChange,
  onHere,
}: {
  label: string;
  value: number;
  most: number;
  disabled: boolean;
  onChange: (seconds: number) => void;
  onHere: () => void;
}) {
  return (
    <div className="grid gap-1">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="font-semibold">{label}</span>
        <span className="text-ink-soft tabular-nums">{formatClock(value)}</span>
      </div>
      <div className="flex items-center gap-3">
        <input
          type="range"
          aria-label={label}
          aria-valuetext={formatClock(value)}
          min={0}
          max={most}
          step="any"
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.valueAsNumber)}
          onKeyDown={(event) => {
            const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
            if (step === undefined) return;
            // Without steps of its own a slider moves by hundredths of its length: hours in a long video.
            event.preventDefault();
            onChange(Math.min(most, Math.max(0, value + step * (event.shiftKey ? 10 : 1))));
          }}
          className="h-8 min-w-0 flex-1 accent-accent"
        />
        <Button size="small" onClick={onHere} disabled={disabled} aria-label={t("prepare.hereFor", { edge: label })}>
          {t("prepare.here")}
        </Button>
      </div>
    </div>
  );
}

function SizeField({
  facts,
  file,
  value,
  disabled,
  onChange,
}: {
  facts: Facts;
  file: File;
  value: number | undefined;
  disabled: boolean;
  onChange: (side: number | undefined) => void;
}) {
  const sides = heightsFor(facts);
  return (
    <SelectField
      label={t("prepare.size")}
      hint={sides.length === 0 ? t(facts.shrinkable ? "prepare.smallAlready" : "prepare.cannotShrink") : undefined}
      value={value ?? ""}
      disabled={disabled || sides.length === 0}
      onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}
    >
      <option value="">{t("prepare.sameSize", { size: formatBytes(file.size) })}</option>
      {sides.map((side) => (
        <option key={side} value={side}>
          {t("prepare.lines", { lines: side })}
        </option>
      ))}
    </SelectField>
  );
}

/** Measured on a piece of the file on this device. */
function Forecast({
  file,
  preparer,
  height,
  kept,
}: {
  file: File;
  preparer: Preparer;
  height: number;
  /** The share of the file that is kept. */
  kept: number;
}) {
  const query = useQuery({
    queryKey: ["prepare", file.name, file.size, file.lastModified, height],
    queryFn: () => preparer.forecast(file, height),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (query.error) return null;
  return (
    <p className="text-sm text-ink-soft" role="status">
      {query.data
        ? t("prepare.forecast", {
            size: formatBytes(query.data.bytes * kept),
            time: formatSpan(query.data.seconds * kept),
          })
        : t("prepare.measuring")}
    </p>
  );
}

function Preview({ file, video }: { file: File; video: React.RefObject<HTMLVideoElement | null> }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    let over = false;
    // A playlist that calls itself a video would make the browser fetch what it names.
    isPlaylist(file).then(
      (playlist) => {
        if (over || playlist) return;
        made = URL.createObjectURL(file);
        setUrl(made);
      },
      () => undefined,
    );
    return () => {
      over = true;
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [file]);
  return (
    <div className="aspect-video overflow-hidden rounded-xl bg-black">
      {url && (
        <video
          ref={video}
          src={url}
          aria-label={t("upload.preview", { name: file.name })}
          className="size-full object-contain"
          controls
          muted
          playsInline
          preload="metadata"
        />
      )}
    </div>
  );
}
