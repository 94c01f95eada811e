import { Image, Pause, Play, Redo2, Scissors, SquareSplitHorizontal, StepBack, StepForward, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { preciseClock } from "./clock";

/** What buttons and keys do. */
export interface Actions {
  toggle: () => void;
  trimStart: () => void;
  trimEnd: () => void;
  split: () => void;
  cut: () => void;
  undo: () => void;
  redo: () => void;
  poster: () => void;
  move: (by: number) => void;
}

/** Everything that can be done at the playhead. */
export function Tools({
  at,
  playing,
  keptNow,
  canUndo,
  canRedo,
  isPicture,
  frame,
  toggle,
  trimStart,
  trimEnd,
  split,
  cut,
  undo,
  redo,
  poster,
  move,
}: {
  at: number;
  playing: boolean;
  keptNow: boolean;
  canUndo: boolean;
  canRedo: boolean;
  isPicture: boolean;
  frame: number;
} & Actions) {
  return (
    <div role="toolbar" aria-label={t("edit.tools")} className="flex flex-wrap items-center gap-2">
      <Tool label={t(playing ? "edit.pause" : "edit.play")} onClick={toggle}>
        {playing ? <Pause size={18} aria-hidden="true" /> : <Play size={18} aria-hidden="true" />}
      </Tool>
      <Tool label={t("edit.frameBack")} onClick={() => move(-frame)}>
        <StepBack size={18} aria-hidden="true" />
      </Tool>
      <Tool label={t("edit.frameForward")} onClick={() => move(frame)}>
        <StepForward size={18} aria-hidden="true" />
      </Tool>
      <output className="min-w-20 px-1 text-center font-semibold tabular-nums">{preciseClock(at)}</output>
      <span className="grow" />
      <Button size="small" onClick={trimStart}>
        {t("edit.trimStart")}
      </Button>
      <Button size="small" onClick={trimEnd}>
        {t("edit.trimEnd")}
      </Button>
      <Button size="small" onClick={split}>
        <SquareSplitHorizontal size={16} aria-hidden="true" />
        {t("edit.split")}
      </Button>
      <Button size="small" onClick={cut}>
        <Scissors size={16} aria-hidden="true" />
        {t(keptNow ? "edit.cut" : "edit.keep")}
      </Button>
      {isPicture && (
        <Button size="small" onClick={poster} disabled={!keptNow}>
          <Image size={16} aria-hidden="true" />
          {t("edit.poster")}
        </Button>
      )}
      <Tool label={t("edit.undo")} onClick={undo} disabled={!canUndo}>
        <Undo2 size={18} aria-hidden="true" />
      </Tool>
      <Tool label={t("edit.redo")} onClick={redo} disabled={!canRedo}>
        <Redo2 size={18} aria-hidden="true" />
      </Tool>
    </div>
  );
}

function Tool({
  label,
  onClick,
  disabled,
  children,
}: {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <Button variant="plain" size="icon" aria-label={label} title={label} onClick={onClick} disabled={disabled}>
      {children}
    </Button>
  );
}
