/** The plan's sentences; the plan is an object of the pipeline that may grow other fields. */
export function reasonsOf(plan: unknown): string[] {
  if (typeof plan !== "object" || plan === null || !("reasons" in plan) || !Array.isArray(plan.reasons)) return [];
  const texts = plan.reasons.filter((reason): reason is string => typeof reason === "string" && reason !== "");
  return [...new Set(texts)].slice(0, 50);
}
