import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../api/problem.ts";

/** A host that dies is gone for less than a second: what could not be asked is asked again. What was refused is not. */
const mayAskAgain = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 0 || error.status === 503 || error.status === 502);

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
