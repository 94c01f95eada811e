import { VideoOff } from "lucide-react";
import { useLocation } from "react-router";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { EmptyState } from "@/shared/ui/feedback";
import { useTitle } from "@/shared/ui/use-title";

/** One page for deleted, private and mistyped: it must not tell which. */
export function VideoMissing({ signedIn }: { signedIn: boolean }) {
  const { pathname, search } = useLocation();
  useTitle(t("notFound.video"));
  return (
    <EmptyState
      level={1}
      icon={<VideoOff size={26} />}
      title={t("notFound.video")}
      text={signedIn ? t("notFound.videoText") : `${t("notFound.videoText")} ${t("notFound.videoSignIn")}`}
    >
      {!signedIn && (
        <ButtonLink to={`/login?next=${encodeURIComponent(pathname + search)}`} variant="primary">
          {t("nav.signIn")}
        </ButtonLink>
      )}
      <ButtonLink to="/">{t("action.goHome")}</ButtonLink>
    </EmptyState>
  );
}
