import { useQuery } from "@tanstack/react-query";
import { Laptop, Smartphone, SquareTerminal, Tablet } from "lucide-react";
import { useRef, useState } from "react";
import type { Session } from "@/api/types";
import { explain } from "@/shared/explain";
import { formatAgo, formatDate } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { ConfirmDialog } from "@/shared/ui/dialog";
import { LoadError, Notice, Skeleton } from "@/shared/ui/feedback";
import { toast } from "@/shared/ui/toasts";
import { sessionsQuery, useEndSessions } from "./api";
import { type Device, deviceOf } from "./device";

/** Where I am signed in: this browser first, then the others, the last used first. */
export function Sessions() {
  const query = useQuery(sessionsQuery);
  const [ending, setEnding] = useState<Session | "others">();
  const list = useRef<HTMLUListElement>(null);
  if (query.isPending) return <SessionsSkeleton />;
  if (query.isError && query.data === undefined) {
    return <LoadError error={query.error} onRetry={() => void query.refetch()} />;
  }
  const own = query.data.items.filter((session) => session.current);
  const others = query.data.items.filter((session) => !session.current);
  return (
    <>
      <ul ref={list} tabIndex={-1} className="divide-y divide-line border-y border-line outline-none">
        {[...own, ...others].map((session) => (
          <li key={session.id}>
            <Row session={session} onEnd={() => setEnding(session)} />
          </li>
        ))}
      </ul>
      {others.length === 0 ? (
        <p className="mt-6 text-ink-soft">{t("sessions.onlyThis")}</p>
      ) : (
        <div className="mt-6 grid justify-items-start gap-3">
          <p className="text-pretty text-ink-soft">{t("sessions.strange")}</p>
          <Button onClick={() => setEnding("others")}>{t("sessions.endOthers")}</Button>
        </div>
      )}
      {ending !== undefined && (
        // The button that opened it is gone with what was ended.
        <EndDialog ending={ending} onEnded={() => list.current?.focus()} onClose={() => setEnding(undefined)} />
      )}
    </>
  );
}

const ICONS = { computer: Laptop, phone: Smartphone, tablet: Tablet, program: SquareTerminal };

function Row({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const device = deviceOf(session.user_agent);
  const Icon = ICONS[device.kind];
  const name = nameOf(device);
  return (
    <article className="flex items-center gap-4 py-4">
      <div
        className="grid size-11 shrink-0 place-content-center rounded-xl bg-sunken text-ink-soft max-sm:self-start"
        aria-hidden="true"
      >
        <Icon size={22} />
      </div>
      <div className="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 basis-64 grow">
          <h2 className="leading-snug font-semibold wrap-anywhere" title={session.user_agent}>
            {name}
          </h2>
          <p className="mt-1 text-sm wrap-anywhere text-ink-soft">
            {session.current
              ? t("sessions.signedIn", { date: formatDate(session.created_at), address: session.address })
              : t("sessions.lastSeen", { ago: formatAgo(session.used_at), address: session.address })}
          </p>
        </div>
        {session.current ? (
          <span className="rounded-full bg-accent-soft px-2.5 py-0.5 text-sm font-semibold text-accent">
            {t("sessions.this")}
          </span>
        ) : (
          <Button size="small" onClick={onEnd} aria-label={t("sessions.endOf", { name })}>
            {t("sessions.end")}
          </Button>
        )}
      </div>
    </article>
  );
}

function EndDialog({
  ending,
  onEnded,
  onClose,
}: {
  ending: Session | "others";
  onEnded: () => void;
  onClose: () => void;
}) {
  const end = useEndSessions();
  const all = ending === "others";
  return (
    <ConfirmDialog
      title={all ? t("sessions.endOthersConfirm") : t("sessions.endConfirm")}
      text={all ? t("sessions.endOthersText") : t("sessions.endText", { name: nameOf(deviceOf(ending.user_agent)) })}
      confirm={end.isPending ? t("sessions.ending") : all ? t("sessions.endOthers") : t("sessions.end")}
      busy={end.isPending}
      error={end.error && <Notice tone="bad">{explain(end.error)}</Notice>}
      onConfirm={() =>
        end.mutate(all ? undefined : ending.id, {
          onSuccess: () => {
            toast(all ? t("sessions.othersEnded") : t("sessions.ended"));
            onClose();
            requestAnimationFrame(onEnded);
          },
        })
      }
      onClose={onClose}
    />
  );
}

function nameOf({ browser, system }: Device): string {
  if (browser === undefined) return t("sessions.unknown");
  return system === undefined ? browser : t("sessions.device", { browser, system });
}

function SessionsSkeleton() {
  return (
    <div aria-busy="true" className="border-y border-line">
      <p className="sr-only">{t("app.loading")}</p>
      {["one", "two"].map((key) => (
        <div key={key} className="flex items-center gap-4 py-4">
          <Skeleton className="size-11 rounded-xl" />
          <div className="flex-1">
            <Skeleton className="h-5 w-2/5" />
            <Skeleton className="mt-2 h-4 w-3/5" />
          </div>
        </div>
      ))}
    </div>
  );
}
