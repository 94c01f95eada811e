import { useMutation, useQueryClient } from "@tanstack/react-query";
import { request, session } from "@/api/client";
import type { Tokens } from "@/api/session";
import type { LoginRequest, RegisterRequest } from "@/api/types";

export function useLogin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: LoginRequest) => request<Tokens>("POST", "/api/auth/login", { body, anonymous: true }),
    onSuccess: (tokens) => {
      client.clear();
      session.signedIn(tokens);
    },
  });
}

export function useRegister() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RegisterRequest) => request<Tokens>("POST", "/api/auth/register", { body, anonymous: true }),
    onSuccess: (tokens) => {
      client.clear();
      session.signedIn(tokens);
    },
  });
}
