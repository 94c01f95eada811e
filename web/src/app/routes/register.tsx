import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useSearchParams } from "react-router";
import { AuthCard } from "@/features/account/auth-card";
import { RegisterForm } from "@/features/account/register-form";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";
import { useTitle } from "@/shared/ui/use-title";
import { useSessionStatus } from "@/shared/use-session";
import { nextPage } from "../next-page";

export function Component() {
  const [search] = useSearchParams();
  const setupToken = search.get("setup") ?? undefined;
  const instance = useQuery(instanceQuery);
  const setup = instance.data?.setup ?? "done";
  useTitle(t("account.register"));
  if (useSessionStatus() === "signed_in") return <Navigate replace to={nextPage(search)} />;
  if (setup === "link_required" && setupToken === undefined) {
    return (
      <AuthCard title={t("account.linkRequired")} text={t("account.linkRequiredText")}>
        <p className="rounded-lg bg-accent-soft px-3.5 py-2.5">{t("account.linkRequiredWhere")}</p>
      </AuthCard>
    );
  }
  return (
    <AuthCard
      title={t("account.register")}
      text={t(setup === "done" ? "account.registerText" : "account.registerFirst")}
    >
      <RegisterForm setupToken={setupToken} />
      <p className="mt-6 text-center text-ink-soft">
        {t("account.haveAccount")}{" "}
        <Link to={`/login?${search}`} className="rounded font-semibold text-accent hover:underline">
          {t("nav.signIn")}
        </Link>
      </p>
    </AuthCard>
  );
}
