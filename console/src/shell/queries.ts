import { QueryClient } from "@tanstack/react-query";
import { mayAskAgain } from "../api/problem.ts";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Whoever has the address answers, also without the Internet.
      networkMode: "always",
      retry: (count, error) => count < 8 && mayAskAgain(error),
      retryDelay: (count) => Math.min(250 * 2 ** count, 5000),
      staleTime: 5_000,
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: "always", retry: false },
  },
});
