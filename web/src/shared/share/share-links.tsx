import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, LockKeyhole, Plus, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import type { MadeShareLink, ShareLink, Video } from "@/api/types";
import { explain } from "@/shared/explain";
import { formatAgo, formatMoment } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Notice, Skeleton } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { CopyButton } from "./copy-button";
import { QrToggle } from "./qr-code";
import { ShareLinkForm } from "./share-link-form";
import { revokeShareLink, shareLinksQuery } from "./share-links-query";

/** Links that open this one video to whoever holds them, a private one too; each can be taken back. */
export function ShareLinks({ video }: { video: Video }) {
  const query = useQuery(shareLinksQuery(video.id));
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<MadeShareLink>();
  const heading = useId();
  const done = (link: MadeShareLink) => {
    setMade(link);
    setMaking(false);
    void client.invalidateQueries({ queryKey: shareLinksQuery(video.id).queryKey });
  };
  return (
    <section aria-labelledby={heading} className="grid gap-3">
      <div>
        <h3 id={heading} className="text-sm font-semibold">
          {t("link.heading")}
        </h3>
        <p className="mt-1 text-sm text-pretty text-ink-soft">
          {t(video.visibility === "private" ? "link.headingText" : "link.headingOpen")}
        </p>
      </div>
      {made && <MadeLink made={made} />}
      {query.isPending && <Skeleton className="h-12" />}
      {query.error && <Notice tone="bad">{explain(query.error)}</Notice>}
      {query.data && query.data.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line">
          {query.data.map((link) => (
            <li key={link.id} className="py-2 pr-2 pl-4">
              <LinkRow videoId={video.id} link={link} onGone={() => made?.link.id === link.id && setMade(undefined)} />
            </li>
          ))}
        </ul>
      )}
      {making ? (
        <ShareLinkForm videoId={video.id} onMade={done} onCancel={() => setMaking(false)} />
      ) : (
        <div>
          <Button size="small" onClick={() => setMaking(true)}>
            <Plus size={16} aria-hidden="true" />
            {t("link.new")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** A link's secret is told once, here. */
function MadeLink({ made }: { made: MadeShareLink }) {
  const url = new URL(made.url, location.href).href;
  return (
    <div className="grid gap-3 rounded-xl bg-accent-soft p-4">
      <TextField
        label={t("link.made")}
        hint={t("link.madeHint")}
        value={url}
        readOnly
        onFocus={(event) => event.target.select()}
      />
      <CopyButton text={url} label={t("link.copy")} done={t("action.copied")} />
      <QrToggle text={url} />
    </div>
  );
}

function LinkRow({ videoId, link, onGone }: { videoId: string; link: ShareLink; onGone: () => void }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => revokeShareLink(videoId, link.id),
    onSuccess: () => {
      onGone();
      return client.invalidateQueries({ queryKey: shareLinksQuery(videoId).queryKey });
    },
  });
  const name = t("link.name", { date: formatMoment(link.created_at) });
  return (
    <div className="grid gap-2">
      <div className="flex items-center justify-between gap-3">
        <div className="min-w-0 text-sm">
          <p className="flex flex-wrap items-center gap-x-2 font-semibold">
            {name}
            {link.has_password && <LockKeyhole size={14} role="img" aria-label={t("link.hasPassword")} />}
            {link.allow_download && <Download size={14} role="img" aria-label={t("link.hasDownload")} />}
          </p>
          <p className="text-ink-soft">{[endText(link), useText(link)].join(" · ")}</p>
        </div>
        <Button
          variant="quiet"
          size="icon"
          aria-label={t("link.revokeOf", { name })}
          title={t("link.revoke")}
          aria-expanded={asking}
          onClick={() => setAsking(!asking)}
        >
          <Trash2 size={18} aria-hidden="true" />
        </Button>
      </div>
      {asking && (
        <div className="flex flex-wrap items-center justify-end gap-2 pb-2">
          <p className="mr-auto text-sm">{t("link.revokeText")}</p>
          <Button size="small" onClick={() => setAsking(false)} disabled={revoke.isPending}>
            {t("action.cancel")}
          </Button>
          <Button size="small" variant="danger" onClick={() => revoke.mutate()} disabled={revoke.isPending}>
            {t("link.revoke")}
          </Button>
        </div>
      )}
      {revoke.error && <Notice tone="bad">{explain(revoke.error)}</Notice>}
    </div>
  );
}

function endText({ expires_at, ended }: ShareLink): string {
  if (!expires_at) return t("link.never");
  return t(ended ? "link.endedAt" : "link.until", { date: formatMoment(expires_at) });
}

function useText({ used_at }: ShareLink): string {
  return used_at ? t("link.used", { ago: formatAgo(used_at) }) : t("link.unused");
}
