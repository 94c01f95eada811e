import { useQuery } from "@tanstack/react-query";
import { Moon, Radio, Sun } from "lucide-react";
import { Link } from "react-router";
import { RecordIndicator } from "@/features/record/record-indicator";
import { UploadIndicator } from "@/features/upload/upload-indicator";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";
import { meQuery } from "@/shared/me";
import { Button, ButtonLink } from "@/shared/ui/button";
import { Skeleton } from "@/shared/ui/feedback";
import { Wordmark } from "@/shared/ui/wordmark";
import { useSessionStatus } from "@/shared/use-session";
import { AccountMenu } from "./account-menu";
import { setTheme, useTheme } from "./theme";

export function Header() {
  // Whoever is signed in has more buttons beside it.
  const signedIn = useSessionStatus() === "signed_in";
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-page/90 backdrop-blur-md">
      <div className="page-width flex h-16 items-center justify-between gap-3">
        <Link to="/" aria-label={t("nav.home")} className="rounded-lg">
          <Wordmark tight={signedIn} />
        </Link>
        <nav aria-label={t("nav.label")} className="flex items-center gap-1 sm:gap-2">
          <LiveLink />
          <ThemeSwitch />
          <Who />
        </nav>
      </div>
    </header>
  );
}

/** Only where broadcasts can be. */
function LiveLink() {
  const instance = useQuery(instanceQuery);
  if (!instance.data?.live) return null;
  return (
    <ButtonLink to="/live" variant="quiet" aria-label={t("nav.live")} className="max-sm:px-3">
      <Radio size={18} aria-hidden="true" />
      <span className="max-sm:hidden">{t("nav.live")}</span>
    </ButtonLink>
  );
}

function ThemeSwitch() {
  const dark = useTheme() === "dark";
  const Icon = dark ? Sun : Moon;
  const label = dark ? t("theme.toLight") : t("theme.toDark");
  return (
    <Button
      variant="quiet"
      size="icon"
      aria-label={label}
      title={label}
      onClick={() => setTheme(dark ? "light" : "dark")}
    >
      <Icon size={19} aria-hidden="true" />
    </Button>
  );
}

function Who() {
  const status = useSessionStatus();
  const me = useQuery({ ...meQuery, enabled: status === "signed_in" });
  if (status === "signed_out") {
    return (
      <>
        <ButtonLink to="/login" variant="quiet" className="max-sm:px-3">
          {t("nav.signIn")}
        </ButtonLink>
        <ButtonLink to="/register" variant="primary" className="max-sm:hidden">
          {t("nav.signUp")}
        </ButtonLink>
      </>
    );
  }
  return (
    <>
      <RecordIndicator />
      <UploadIndicator />
      {me.data ? <AccountMenu me={me.data} /> : <Skeleton className="ml-1 size-9 rounded-full" />}
    </>
  );
}
