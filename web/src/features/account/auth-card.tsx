import type { ReactNode } from "react";
import { Wordmark } from "@/shared/ui/wordmark";

/** The frame of the sign-in and sign-up forms. */
export function AuthCard({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <div className="page-width grid justify-items-center py-10 sm:py-16">
      <div className="w-full max-w-md rounded-2xl border border-line bg-surface p-6 sm:p-9">
        <Wordmark markOnly />
        <h1 className="mt-5 text-2xl font-semibold">{title}</h1>
        {text && <p className="mt-1.5 text-pretty text-ink-soft">{text}</p>}
        <div className="mt-6">{children}</div>
      </div>
    </div>
  );
}
