/** Where to go after signing in: only to a page of this app, whatever the address says. */
export function nextPage(search: URLSearchParams): string {
  const next = search.get("next");
  if (next === null || !/^\/(?![/\\])/.test(next)) return "/";
  try {
    const url = new URL(next, "http://app.invalid");
    return url.host === "app.invalid" ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}
