import { useState } from "react";
import { type Leftover, recovery } from "@/recorder/recovery";
import { explain } from "@/shared/explain";
import { formatBytes } from "@/shared/format";
import { t, tn } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { Notice, ProgressBar } from "@/shared/ui/feedback";
import { toast } from "@/shared/ui/toasts";
import { ProblemText } from "./problem-text";
import { useLeftovers } from "./use-recorder";

/** Takes that a crash interrupted: finish them, or throw them away. */
export function LeftoverTakes() {
  const items = useLeftovers();
  if (items.length === 0) return null;
  return (
    <section
      aria-labelledby="leftovers-heading"
      className="grid gap-3 rounded-2xl border border-accent bg-accent-soft p-5"
    >
      <h2 id="leftovers-heading" className="text-lg font-semibold">
        {t("record.leftovers")}
      </h2>
      <p>{t("record.leftoversText")}</p>
      <ul className="grid gap-3">
        {items.map((item) => (
          <li key={item.stored.meta.id}>
            <LeftoverCard item={item} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function LeftoverCard({ item }: { item: Leftover }) {
  const { meta, bytes } = item.stored;
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(meta.startedAt);
  return (
    <article aria-label={meta.title} className="grid gap-3 rounded-xl border border-line bg-surface p-4">
      <div className="min-w-0">
        <h3 className="truncate font-semibold">{meta.title}</h3>
        <p className="text-sm text-ink-soft">{t("record.leftover", { date, size: formatBytes(bytes) })}</p>
      </div>
      <Progress item={item} />
      <Actions item={item} />
    </article>
  );
}

function Progress({ item }: { item: Leftover }) {
  switch (item.phase) {
    case "found":
      return null;
    case "sending":
      return (
        <div className="grid gap-2">
          <p className="text-sm text-ink-soft">{tn("record.leftoverSending", item.left)}</p>
          <ProgressBar
            label={t("record.leftoverProgress", { name: item.stored.meta.title })}
            value={item.total > 0 ? 1 - item.left / item.total : undefined}
          />
        </div>
      );
    case "stuck":
      return item.problem ? (
        <Notice tone="bad">
          <ProblemText problem={item.problem} />
        </Notice>
      ) : null;
    case "done":
      return <p role="status">{t("record.leftoverDone")}</p>;
    case "ended":
      return <p role="status">{t("record.leftoverEnded")}</p>;
    case "gone":
      return <p role="status">{t("record.leftoverGone")}</p>;
  }
}

function Actions({ item }: { item: Leftover }) {
  const [asking, setAsking] = useState(false);
  const { id, title } = item.stored.meta;
  const over = item.phase === "done" || item.phase === "ended";
  const discard = () => {
    setAsking(false);
    recovery.discard(id).catch((error: unknown) => toast(explain(error)));
  };
  return (
    <div className="flex flex-wrap gap-2">
      {over && (
        <ButtonLink size="small" variant="primary" to={`/w/${id}`}>
          {t("action.watch")}
        </ButtonLink>
      )}
      {(item.phase === "found" || item.phase === "stuck") && (
        <Button size="small" variant="primary" onClick={() => void recovery.goOn(id)}>
          {t(item.phase === "stuck" ? "action.tryAgain" : "record.goOn")}
        </Button>
      )}
      {item.phase === "stuck" && (
        <Button size="small" onClick={() => void recovery.finishWithSent(id)}>
          {t("record.finishWithSent")}
        </Button>
      )}
      {over || item.phase === "gone" ? (
        <Button size="small" variant="quiet" onClick={item.phase === "gone" ? discard : () => recovery.dismiss(id)}>
          {t("record.forget")}
        </Button>
      ) : (
        item.phase !== "sending" && (
          <Button size="small" variant="quiet" onClick={() => setAsking(true)}>
            {t("record.discard")}
          </Button>
        )
      )}
      {asking && (
        <ConfirmDialog
          title={t("record.discardConfirm")}
          text={t("record.discardText", { title })}
          confirm={t("record.discard")}
          cancel={t("record.keepIt")}
          onConfirm={discard}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
