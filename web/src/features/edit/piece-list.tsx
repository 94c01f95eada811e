import { cx } from "@/shared/class-names";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { preciseClock } from "./clock";
import type { Pieces } from "./pieces";

/** The pieces in words: the same as the timeline, for fingers and for those who do not see it. */
export function PieceList({
  pieces,
  current,
  onSeek,
  onKept,
}: {
  pieces: Pieces;
  current: number;
  onSeek: (us: number) => void;
  onKept: (index: number, kept: boolean) => void;
}) {
  return (
    <ol aria-label={t("edit.pieces")} className="flex flex-wrap gap-2">
      {pieces.map((piece, index) => {
        const span = `${preciseClock(piece.start)}–${preciseClock(piece.end)}`;
        return (
          <li
            key={piece.start}
            aria-current={index === current ? "true" : undefined}
            className={cx(
              "flex items-center gap-1 rounded-lg border py-1 pr-1 pl-1 text-sm tabular-nums",
              index === current ? "border-accent" : "border-line",
              piece.kept ? "bg-surface" : "bg-sunken",
            )}
          >
            <button
              type="button"
              className={cx("min-h-8 rounded px-2 hover:text-accent", !piece.kept && "text-ink-soft line-through")}
              aria-label={t("edit.goTo", { span })}
              onClick={() => onSeek(piece.start)}
            >
              {span}
            </button>
            <Button
              variant="quiet"
              size="small"
              aria-label={t(piece.kept ? "edit.cutPiece" : "edit.keepPiece", { span })}
              onClick={() => onKept(index, !piece.kept)}
            >
              {t(piece.kept ? "edit.cutShort" : "edit.keepShort")}
            </Button>
          </li>
        );
      })}
    </ol>
  );
}
