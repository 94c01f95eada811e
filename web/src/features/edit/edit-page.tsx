import { useQuery } from "@tanstack/react-query";
import { Clapperboard, Hourglass } from "lucide-react";
import { ApiError } from "@/api/problem";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { EmptyState, LoadError, Skeleton } from "@/shared/ui/feedback";
import { useTitle } from "@/shared/ui/use-title";
import { videoQuery } from "@/shared/video/queries";
import { editQuery } from "./api";
import { Editor } from "./editor";

/** The editor of one video, once it is there. */
export function EditPage({ id }: { id: string }) {
  const video = useQuery(videoQuery(id));
  const edit = useQuery({ ...editQuery(id), retry: false });
  useTitle(video.data === undefined ? t("edit.title") : t("edit.titleOf", { title: video.data.title }));
  if (video.isPending || edit.isPending) {
    return (
      <div aria-busy="true">
        <p className="sr-only">{t("app.loading")}</p>
        <Skeleton className="aspect-video max-h-[50vh] rounded-2xl" />
        <Skeleton className="mt-5 h-32 rounded-2xl" />
      </div>
    );
  }
  const error = video.error ?? edit.error;
  if (error instanceof ApiError && (error.status === 404 || error.status === 403)) {
    return (
      <EmptyState level={1} icon={<Clapperboard size={26} />} title={t("edit.notYours")} text={t("edit.notYoursText")}>
        <ButtonLink to="/my">{t("edit.myVideos")}</ButtonLink>
      </EmptyState>
    );
  }
  if (video.data === undefined || edit.data === undefined) {
    return <LoadError error={error} onRetry={() => void Promise.all([video.refetch(), edit.refetch()])} />;
  }
  if (video.data.state !== "ready") {
    return (
      <EmptyState level={1} icon={<Hourglass size={26} />} title={t("edit.notReady")} text={t("edit.notReadyText")}>
        <ButtonLink to={`/w/${id}`}>{t("edit.watch")}</ButtonLink>
      </EmptyState>
    );
  }
  return <Editor video={video.data} edit={edit.data} />;
}
