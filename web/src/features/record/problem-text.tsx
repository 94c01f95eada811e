import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import type { UploadProblem } from "@/uploads/types";

const NAMED = ["quota", "disk_full", "signed_out", "gone", "network"] as const;

/** Why the server does not take more of a recording, and what to do about it. */
export function ProblemText({ problem }: { problem: UploadProblem }) {
  const code = NAMED.find((name) => name === problem.code) ?? "other";
  return (
    <>
      <p>{t(`record.problem.${code}`)}</p>
      {code === "signed_out" && (
        <ButtonLink to="/login?next=%2Frecord" size="small" className="mt-2">
          {t("nav.signIn")}
        </ButtonLink>
      )}
      {code === "other" && problem.detail && <p className="mt-1 text-sm">{problem.detail}</p>}
    </>
  );
}
