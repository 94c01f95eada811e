import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef, useState } from "react";
import { ApiError } from "@/api/problem";
import type { Edit, Video } from "@/api/types";
import { cx } from "@/shared/class-names";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { Notice, ProgressBar } from "@/shared/ui/feedback";
import { editQuery, saveEdit } from "./api";
import { preciseClock } from "./clock";
import { begin, type History, type Step, step } from "./history";
import { PieceList } from "./piece-list";
import {
  fromKeep,
  indexAt,
  keptLength,
  moveBorder,
  type Pieces,
  setKept,
  split,
  toFrame,
  toKeep,
  trim,
} from "./pieces";
import { arrows, Timeline } from "./timeline";
import { type Actions, Tools } from "./tools";
import { usePictures } from "./use-pictures";
import { usePreview } from "./use-preview";
import { type Version, Versions } from "./versions";

/** What is being made: the cut, and the frame of the poster. */
interface Draft {
  pieces: Pieces;
  poster: number | undefined;
}

const draftOf = ({ keep, poster_at_us }: Version, duration: number): Draft => ({
  pieces: fromKeep(keep, duration),
  poster: poster_at_us ?? undefined,
});

const same = (one: Draft, other: Draft) =>
  one.poster === other.poster && JSON.stringify(toKeep(one.pieces)) === JSON.stringify(toKeep(other.pieces));

export function Editor({ video, edit }: { video: Video; edit: Edit }) {
  const client = useQueryClient();
  const [history, dispatch] = useReducer(step as (h: History<Draft>, a: Step<Draft>) => History<Draft>, edit, (first) =>
    begin(draftOf(first, first.duration_us)),
  );
  const { pieces, poster } = history.now;
  const element = useRef<HTMLVideoElement>(null);
  const rate = edit.frame_rate ?? undefined;
  const duration = edit.duration_us;
  const frame = rate ? 1e9 / rate : 40_000;
  const preview = usePreview(
    element,
    {
      url: edit.original.hls_url,
      freshUrl: async () => (await client.fetchQuery({ ...editQuery(video.id), staleTime: 0 })).original.hls_url,
      duration,
      frameRate: rate,
    },
    pieces,
  );
  const { tiles, peaks } = usePictures(edit);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const [asking, setAsking] = useState(false);
  const [loaded, setLoaded] = useState<Pieces>();
  // The server moves borders to frames: what it says of a finished version is the truth until something is changed.
  const saved = useRef(history.now);
  const dirty = !same(history.now, saved.current);
  const pending = saving || edit.state === "pending";

  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);

  const now = () => toFrame(preview.at, rate, duration);
  const to = (change: Partial<Draft>) => dispatch({ type: "to", value: { ...history.now, ...change } });
  const change = (next: Pieces) => {
    if (next !== pieces) to({ pieces: next });
  };
  const current = indexAt(pieces, preview.at);
  const actions = {
    toggle: preview.toggle,
    trimStart: () => change(trim(pieces, now(), "start")),
    trimEnd: () => change(trim(pieces, now(), "end")),
    split: () => change(split(pieces, now())),
    cut: () => change(setKept(pieces, current, !pieces[current]?.kept)),
    undo: () => dispatch({ type: "undo" }),
    redo: () => dispatch({ type: "redo" }),
    poster: () => to({ poster: now() }),
    move: (by: number) => preview.seek(toFrame(preview.at + by, rate, duration)),
  };

  async function save(draft: Draft) {
    setSaving(true);
    setError(undefined);
    try {
      const keep = toKeep(draft.pieces);
      const inside = keep.some(
        (span) => draft.poster !== undefined && span.start_us <= draft.poster && draft.poster < span.end_us,
      );
      const answer = await saveEdit(video.id, {
        version: edit.version,
        keep,
        poster_at_us: inside ? draft.poster : undefined,
      });
      saved.current = draft;
      client.setQueryData(editQuery(video.id).queryKey, answer);
    } catch (problem) {
      setError(problem);
    } finally {
      setSaving(false);
    }
  }

  async function loadAgain() {
    const fresh = await client.fetchQuery({ ...editQuery(video.id), staleTime: 0 });
    saved.current = draftOf(fresh, fresh.duration_us);
    setError(undefined);
    dispatch({ type: "reset", value: saved.current });
  }

  function load(version: Version) {
    const draft = draftOf(version, duration);
    dispatch({ type: "to", value: draft });
    setLoaded(draft.pieces);
    preview.seek(version.keep[0]?.start_us ?? 0);
  }

  const keys = useRef(actions);
  keys.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent) => handleKey(event, keys.current, frame);
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [frame]);

  const conflict = error instanceof ApiError && error.code === "edit_conflict";
  const edited = edit.shown !== 0 || toKeep(pieces).length > 1 || keptLength(pieces) < duration;
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold wrap-anywhere">{t("edit.titleOf", { title: video.title })}</h1>
          <p className="text-sm text-ink-soft tabular-nums">
            {t("edit.lengths", { kept: preciseClock(keptLength(pieces)), whole: preciseClock(duration) })}
          </p>
          <p role="status" className="min-h-5 text-sm text-accent">
            {pending && t("edit.making")}
            {!pending && !dirty && edit.state === "done" && t("edit.done")}
            {!pending && dirty && pieces === loaded && t("edit.loaded")}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <ButtonLink to={`/w/${video.id}`}>{t("edit.watch")}</ButtonLink>
          <Button disabled={!edited || pending} onClick={() => setAsking(true)}>
            {t("edit.original")}
          </Button>
          <Button variant="primary" disabled={!dirty || pending} onClick={() => void save(history.now)}>
            {t("edit.save")}
          </Button>
        </div>
      </div>
      {pending && <ProgressBar label={t("edit.making")} />}
      {!pending && edit.state === "failed" && <Notice tone="bad">{t("edit.failed")}</Notice>}
      {error !== undefined && (
        <Notice tone="bad">
          <p>{explain(error)}</p>
          {conflict && (
            <Button size="small" className="mt-2" onClick={() => void loadAgain()}>
              {t("edit.loadAgain")}
            </Button>
          )}
        </Notice>
      )}
      <div
        className={cx(
          "relative mx-auto w-full overflow-hidden rounded-2xl bg-black",
          // A sound alone has nothing to look at but its waveform.
          rate === undefined && !preview.failed ? "sr-only" : "aspect-video max-h-[46vh]",
        )}
      >
        {/* biome-ignore lint/a11y/useMediaCaption: the captions of the whole video are not cut yet */}
        <video
          ref={element}
          playsInline
          className="absolute inset-0 size-full object-contain"
          aria-label={t("edit.preview")}
        />
        {preview.failed && (
          <div
            role="alert"
            className="absolute inset-0 grid place-content-center justify-items-center gap-3 bg-black/80 p-6 text-white"
          >
            <p>{t("edit.noPreview")}</p>
            <Button onClick={preview.retry}>{t("action.tryAgain")}</Button>
          </div>
        )}
      </div>
      <Tools
        at={preview.at}
        playing={preview.playing}
        keptNow={pieces[current]?.kept ?? true}
        canUndo={history.past.length > 0}
        canRedo={history.future.length > 0}
        isPicture={rate !== undefined}
        frame={frame}
        {...actions}
      />
      <Timeline
        pieces={pieces}
        duration={duration}
        at={preview.at}
        frame={frame}
        tiles={tiles}
        peaks={peaks}
        poster={poster}
        isPicture={rate !== undefined}
        onSeek={(us) => preview.seek(toFrame(us, rate, duration))}
        onBorder={(index, us, first) => {
          const next = moveBorder(pieces, index, toFrame(us, rate, duration));
          if (next === pieces) return;
          dispatch({ type: first ? "to" : "while", value: { pieces: next, poster } });
          preview.seek(next[index]?.end ?? 0);
        }}
      />
      <PieceList
        pieces={pieces}
        current={current}
        onSeek={preview.seek}
        onKept={(index, kept) => change(setKept(pieces, index, kept))}
      />
      <Versions edit={edit} disabled={pending} onLoad={load} />
      <p className="max-w-3xl text-sm text-pretty text-ink-soft">{t("edit.help")}</p>
      {asking && (
        <ConfirmDialog
          title={t("edit.originalConfirm")}
          text={t("edit.originalText")}
          confirm={t("edit.original")}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            const draft = draftOf({ keep: [{ start_us: 0, end_us: duration }] }, duration);
            dispatch({ type: "to", value: draft });
            void save(draft);
          }}
        />
      )}
    </div>
  );
}

/** One key each, unless somebody writes, or presses what has the focus. */
function handleKey(event: KeyboardEvent, actions: Actions, frame: number) {
  const target = event.target instanceof HTMLElement ? event.target : undefined;
  if (event.defaultPrevented || event.altKey || target?.closest("input, textarea, select, dialog, [role=menu]")) return;
  const key = event.key.toLowerCase();
  const run = (action: () => void) => {
    event.preventDefault();
    action();
  };
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") run(event.shiftKey ? actions.redo : actions.undo);
    else if (key === "y") run(actions.redo);
    return;
  }
  const by = arrows(event, frame);
  if (by !== undefined) run(() => actions.move(by));
  else if (key === " " && target?.closest("button, a") === null) run(actions.toggle);
  else if (key === "k") run(actions.toggle);
  else if (key === "i") run(actions.trimStart);
  else if (key === "o") run(actions.trimEnd);
  else if (key === "s") run(actions.split);
  else if (key === "x" || key === "delete" || key === "backspace") run(actions.cut);
}
