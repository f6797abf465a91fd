// Signs in and follows a queue in GraphiQL, as a person would: node graphiql.mjs URL (of the API)
// Needs Chromium (CHROMIUM, or /usr/bin/chromium); the password of the sample sign-ins is in GUICHET_DEMO_PASSWORD.
// Ends with 1 where nothing arrives live, where the page complains or asks another host.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { CREATE, SIGN_IN, started } from "./desk.mjs";
import { post } from "./kinds.mjs";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WAIT_MS = 20_000;
const SUBJECT = "A ticket that arrives in GraphiQL";
const CHANGES = `subscription Follow($after: String) {
  queueChanges(filter: { tags: { hasAny: ["graphiql"] } }, after: $after) { kind count ticket { subject } }
}`;

const { url, agent } = started();

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
try {
  const complaints = [];
  const page = await browser.newPage();
  page.setDefaultTimeout(WAIT_MS);
  watch(page, complaints);
  await page.goto(new URL("/graphiql", url).href);
  const token = await signIn(page);
  await fill(page, "Headers", JSON.stringify({ Authorization: `Bearer ${token}` }));
  await follow(page, token);
  assert.deepEqual(complaints, []);
  console.log("ok GraphiQL");
} finally {
  await browser.close();
}

function watch(page, complaints) {
  const own = new URL(url).host;
  const look = (address) => {
    const { protocol, host } = new URL(address);
    if (protocol !== "data:" && protocol !== "blob:" && host !== own) complaints.push(`asks ${address}`);
  };
  page.on("request", (request) => look(request.url()));
  page.on("websocket", (socket) => look(socket.url()));
  page.on("pageerror", (error) => complaints.push(`throws ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`says ${message.text()} (${message.location().url})`);
  });
}

/** Types into an editor as a paste does: it closes no brackets by itself. */
async function fill(page, label, text) {
  if (label !== "Operation") await page.getByRole("button", { name: label, exact: true }).click();
  const section = label === "Operation" ? ".graphiql-query-editor" : ".graphiql-editor-tool";
  await page.locator(`${section} .graphiql-editor:not(.hidden) .CodeMirror`).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

/** GraphiQL reads what was typed a moment later: only then it knows what it runs. */
async function run(page, operation) {
  const isRead = (name) => document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror.operationName === name;
  await page.waitForFunction(isRead, operation);
  await page.getByRole("button", { name: /Execute query/ }).click();
}

async function shown(page, text) {
  await page.locator(".result-window", { hasText: text }).waitFor();
}

async function signIn(page) {
  await fill(page, "Operation", SIGN_IN);
  await fill(page, "Variables", JSON.stringify(agent));
  await run(page, "SignIn");
  await shown(page, "accessToken");
  const { data } = JSON.parse(await result(page));
  return data.signIn.session.accessToken;
}

/** The whole answer: the editor draws only the lines that are in sight. */
async function result(page) {
  return page.locator(".result-window .CodeMirror").evaluate((editor) => editor.CodeMirror.getValue());
}

async function follow(page, token) {
  const { tickets } = await post(url, token, "{ tickets(first: 1) { syncCursor } }");
  await fill(page, "Operation", CHANGES);
  await fill(page, "Variables", JSON.stringify({ after: tickets.syncCursor }));
  const subscribed = new Promise((resolve) => {
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => payload.includes('"subscribe"') && resolve());
    });
  });
  await run(page, "Follow");
  await subscribed;
  const { createTicket } = await post(url, token, CREATE, { subject: SUBJECT, tags: ["graphiql"] });
  assert.deepEqual(createTicket.userErrors, []);
  await shown(page, SUBJECT);
  const { data } = JSON.parse(await result(page));
  assert.deepEqual(data.queueChanges, { kind: "ENTERED", count: 1, ticket: { subject: SUBJECT } });
}
