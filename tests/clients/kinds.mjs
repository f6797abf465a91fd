// The clients that frontends use, each behind the same three verbs: ask, follow, close.
//
// `ask` gives the data of a query or a mutation. `follow` gives the results of a subscription to `sink`, and a
// function that ends it. What is wrong with either is the client's own error: `codes` reads them all.

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import { onEnd, pipe, subscribe } from "wonka";

const RETRIES_MAX = 3;

const headers = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

const ws = (url, token, options) =>
  createWs({
    url: url.replace(/^http/, "ws"),
    connectionParams: headers(token),
    ...options,
  });

/** Every code in an error: close codes, HTTP statuses, codes of GraphQL errors. */
export function codes(error) {
  if (error === null || typeof error !== "object") return [];
  const own = [error.code, error.status, error.extensions?.code, closeCode(error)];
  const inner = Array.isArray(error)
    ? error
    : [error.errors ?? error.graphQLErrors, error.networkError, error.response, error.cause, error.result];
  return [...own.filter((code) => code !== undefined), ...inner.flatMap(codes)];
}

/** Apollo Client keeps the code of a close in words only. */
function closeCode({ message }) {
  const found = /^Socket closed with event (\d+)/.exec(message);
  return found ? Number(found[1]) : undefined;
}

/** Asks by plain HTTP: how mutations are sent where a client has no HTTP of its own. */
export async function post(url, token, query, variables) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers(token) },
    body: JSON.stringify({ query, variables }),
  });
  return dataOf(await response.json());
}

function dataOf({ data, errors, error }) {
  if (errors) throw errors;
  if (error) throw error;
  return data;
}

/** Where a client gives errors as results. */
const telling = (sink) => (result) => (result.error ? sink.error(result.error) : sink.next(result));

/** The first result of a stream. */
const first = (subscribe) =>
  new Promise((resolve, reject) => {
    const end = subscribe({
      next(result) {
        resolve(result);
        queueMicrotask(() => end());
      },
      error: reject,
      complete: () => reject(new Error("it ended without a result")),
    });
  });

// Reconnects by itself, and asks again for what `variables` say by then.
function graphqlWs(url, token) {
  const client = ws(url, token, { retryAttempts: RETRIES_MAX, retryWait: async () => {}, shouldRetry: () => true });
  return {
    ask: (query, variables) =>
      query.startsWith("mutation")
        ? post(url, token, query, variables)
        : first((sink) => client.subscribe({ query, variables }, sink)).then(dataOf),
    follow: (query, variables, sink) => client.subscribe({ query, variables }, sink),
    close: () => client.dispose(),
  };
}

// As above.
function graphqlSse(url, token) {
  const client = createSse({ url, headers: headers(token), retryAttempts: RETRIES_MAX, retry: async () => {} });
  return {
    ask: (query, variables) =>
      query.startsWith("mutation")
        ? post(url, token, query, variables)
        : first((sink) => client.subscribe({ query, variables }, sink)).then(dataOf),
    follow: (query, variables, sink) => client.subscribe({ query, variables }, sink),
    close: () => client.dispose(),
  };
}

function apollo(url, token) {
  const socket = ws(url, token, { retryAttempts: 0 });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === "subscription",
    new GraphQLWsLink(socket),
    new HttpLink({ uri: url, headers: headers(token) }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return {
    ask: async (query, variables) =>
      dataOf(
        await (query.startsWith("mutation")
          ? client.mutate({ mutation: gql(query), variables })
          : client.query({ query: gql(query), variables, fetchPolicy: "network-only" })),
      ),
    follow(query, variables, sink) {
      const stream = client.subscribe({ query: gql(query), variables });
      const subscription = stream.subscribe({ ...sink, next: telling(sink) });
      return () => subscription.unsubscribe();
    },
    close() {
      client.stop();
      return socket.dispose();
    },
  };
}

function urql(url, token, options, close) {
  const client = new UrqlClient({ url, fetchOptions: { headers: headers(token) }, ...options });
  return {
    ask: async (query, variables) =>
      dataOf(await (query.startsWith("mutation") ? client.mutation(query, variables) : client.query(query, variables, { requestPolicy: "network-only" }))),
    follow(query, variables, sink) {
      const stream = client.subscription(query, variables);
      const subscription = pipe(stream, onEnd(sink.complete), subscribe(telling(sink)));
      return () => subscription.unsubscribe();
    },
    close,
  };
}

function urqlWs(url, token) {
  const socket = ws(url, token, { retryAttempts: 0 });
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
  });
  const exchanges = [fetchExchange, subscriptionExchange({ forwardSubscription })];
  return urql(url, token, { exchanges }, () => socket.dispose());
}

const urqlSse = (url, token) => urql(url, token, { exchanges: [fetchExchange], fetchSubscriptions: true }, () => {});

/** By name; `refused` is what each says of a token that is not good. */
export const KINDS = {
  "graphql-ws": { open: graphqlWs, refused: 4401 },
  "graphql-sse": { open: graphqlSse, refused: 401 },
  "Apollo Client": { open: apollo, refused: 4401 },
  "urql, WebSocket": { open: urqlWs, refused: 4401 },
  "urql, server-sent events": { open: urqlSse, refused: 401 },
};
