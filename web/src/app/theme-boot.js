// Runs before the first paint (classic script, see vite.config.ts): a stored choice overrides the system's.
try {
  const choice = localStorage.getItem("vitascope.theme");
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
} catch {
  // Storage may be switched off; the system's choice stands.
}
