import { Link, Navigate, useSearchParams } from "react-router";
import { AuthCard } from "@/features/account/auth-card";
import { LoginForm } from "@/features/account/login-form";
import { t } from "@/shared/i18n/t";
import { useTitle } from "@/shared/ui/use-title";
import { useSessionStatus } from "@/shared/use-session";
import { nextPage } from "../next-page";

export function Component() {
  const [search] = useSearchParams();
  useTitle(t("account.login"));
  // Also what happens after the form: signing in changes the status, which brings us to the next page.
  if (useSessionStatus() === "signed_in") return <Navigate replace to={nextPage(search)} />;
  return (
    <AuthCard title={t("account.login")} text={t("account.loginText")}>
      <LoginForm />
      <p className="mt-6 text-center text-ink-soft">
        {t("account.noAccount")}{" "}
        <Link to={`/register?${search}`} className="rounded font-semibold text-accent hover:underline">
          {t("account.registerAction")}
        </Link>
      </p>
    </AuthCard>
  );
}
