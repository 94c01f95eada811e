import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { StreamKey, VideoState } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";
import { CopyButton } from "@/shared/share/copy-button";
import { Button, ButtonLink } from "@/shared/ui/button";
import { LoadError, Notice, Skeleton } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { StateBadge } from "@/shared/video/badges";
import { videoQuery } from "@/shared/video/queries";
import { endBroadcast, newStreamKey } from "./api";

/** How often the state of a broadcast that is being set up is asked for, in milliseconds. */
const ASK_EVERY_MS = 2000;

/** Where the encoder sends to, with which key, and whether anything comes. */
export function EncoderPanel({ id, first }: { id: string; first?: StreamKey }) {
  const client = useQueryClient();
  const query = useQuery({ ...videoQuery(id), refetchInterval: ASK_EVERY_MS });
  const [key, setKey] = useState(first);
  const renew = useMutation({ mutationFn: () => newStreamKey(id), onSuccess: setKey });
  const end = useMutation({
    mutationFn: () => endBroadcast(id),
    onSuccess: (video) => client.setQueryData(videoQuery(id).queryKey, video),
  });
  const instance = useQuery(instanceQuery).data;
  const video = query.data;
  if (video === undefined) {
    return query.isError ? (
      <LoadError error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Skeleton className="h-64 rounded-2xl" />
    );
  }
  const on = video.state === "waiting" || video.state === "live" || video.state === "interrupted";
  const failure = renew.error ?? end.error;
  return (
    <section aria-label={video.title} className="grid gap-5 rounded-2xl border border-line bg-raised p-5 sm:p-6">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="min-w-0 text-xl font-semibold wrap-anywhere">{video.title}</h2>
        <StateBadge video={video} />
      </div>
      <p role="status">{stateText(video.state)}</p>
      {failure !== null && <Notice tone="bad">{explain(failure)}</Notice>}
      {on && instance?.live_encoders && (
        <>
          <div className="grid gap-1.5">
            <h3 className="font-semibold">{t("live.encoder")}</h3>
            <p className="text-ink-soft">{t("live.encoderText")}</p>
          </div>
          {key === undefined ? (
            <div>
              <Button disabled={renew.isPending} onClick={() => renew.mutate()}>
                {t("live.newKey")}
              </Button>
            </div>
          ) : (
            <>
              {key.rtmp_url && <Copied label={t("live.server")} copy={t("live.copyServer")} text={key.rtmp_url} />}
              <Copied label={t("live.key")} copy={t("live.copyKey")} text={key.stream_key} hint={t("live.keyOnce")} />
            </>
          )}
        </>
      )}
      <div className="flex flex-wrap gap-3">
        <ButtonLink to={`/w/${id}`}>{t("live.watch")}</ButtonLink>
        {on && video.state !== "live" && instance?.live_browsers && (
          <ButtonLink to={`/live/new?v=${id}&from=browser`}>{t("live.goOnHere")}</ButtonLink>
        )}
        {on && (
          <Button variant="danger" disabled={end.isPending} onClick={() => end.mutate()}>
            {t("live.end")}
          </Button>
        )}
      </div>
    </section>
  );
}

function Copied({ label, copy, text, hint }: { label: string; copy: string; text: string; hint?: string }) {
  return (
    <div className="grid gap-2">
      <TextField label={label} hint={hint} value={text} readOnly className="font-mono text-sm" />
      <CopyButton text={text} label={copy} done={t("action.copied")} />
    </div>
  );
}

function stateText(state: VideoState): string {
  if (state === "waiting" || state === "live" || state === "interrupted") return t(`live.state.${state}`);
  return t("live.state.ended");
}
