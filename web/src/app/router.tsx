import { createBrowserRouter } from "react-router";
import { PageError } from "./page-error";
import { Shell } from "./shell";

export const router = createBrowserRouter([
  {
    Component: Shell,
    ErrorBoundary: PageError,
    HydrateFallback: () => null,
    children: [
      {
        ErrorBoundary: PageError,
        children: [
          { index: true, lazy: () => import("./routes/home") },
          { path: "login", lazy: () => import("./routes/login") },
          { path: "register", lazy: () => import("./routes/register") },
          { path: "upload", lazy: () => import("./routes/upload") },
          { path: "record", lazy: () => import("./routes/record") },
          { path: "live", lazy: () => import("./routes/live") },
          { path: "live/new", lazy: () => import("./routes/go-live") },
          { path: "my", lazy: () => import("./routes/my") },
          { path: "settings/sessions", lazy: () => import("./routes/sessions") },
          { path: "edit/:id", lazy: () => import("./routes/edit") },
          { path: "w/:id", lazy: () => import("./routes/watch") },
          { path: "*", lazy: () => import("./routes/not-found") },
        ],
      },
    ],
  },
]);
