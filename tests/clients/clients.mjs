// Follows a queue with each client, over a road that is cut: node --experimental-websocket clients.mjs URL
// URL is that of the API. The password of the sample sign-ins is in GUICHET_DEMO_PASSWORD. Ends with 1 where a client does not get what it should.

import assert from "node:assert/strict";
import { CREATE, SIGN_IN, started } from "./desk.mjs";
import { KINDS, codes } from "./kinds.mjs";
import { road } from "./road.mjs";

const { url, agent } = started();
const WAIT_MS = 10_000;
const BREAKS_MAX = 5;
/** What clients say of a connection that was cut: the browser's word for no close code, or an answer that stopped. */
const CODES_OF_BREAKS = [1006, 200, "ECONNRESET", "UND_ERR_SOCKET"];

const PAGE = `query ($filter: TicketFilter) {
  tickets(filter: $filter, first: 5) { nodes { id subject } totalCount syncCursor }
}`;
const CHANGES = `subscription ($filter: TicketFilter, $after: String) {
  queueChanges(filter: $filter, after: $after) { cursor kind count ticket { id subject } }
}`;

/** A list and its stream, as a frontend keeps them: every item is folded in, and a stream that breaks is followed on. */
class Followed {
  entered = new Set();
  failed = new Promise((_, reject) => (this.fail = reject));
  #breaks = 0;
  #heard = () => {};

  constructor(client, filter, { nodes, syncCursor }) {
    this.failed.catch(() => {});
    this.client = client;
    this.filter = filter;
    this.after = syncCursor;
    this.tickets = new Map(nodes.map((ticket) => [ticket.id, ticket.subject]));
    this.#follow();
  }

  #follow() {
    const followed = this;
    const variables = {
      filter: this.filter,
      get after() {
        return followed.after;
      },
    };
    this.end = this.client.follow(CHANGES, variables, {
      next: (result) => this.#take(result),
      error: (error) => (this.#isBreak(error) ? this.#follow() : this.fail(error)),
      complete: () => {},
    });
  }

  #isBreak(error) {
    this.#breaks += 1;
    return this.#breaks <= BREAKS_MAX && codes(error).every((code) => CODES_OF_BREAKS.includes(code));
  }

  #take({ data, errors }) {
    if (errors) return this.fail(errors);
    const { cursor, kind, ticketId, ticket } = data.queueChanges;
    this.after = cursor;
    if (kind === "LEFT") this.tickets.delete(ticketId);
    if (ticket) this.tickets.set(ticket.id, ticket.subject);
    if (kind === "ENTERED") this.entered.add(ticket.subject);
    this.#heard();
  }

  /** Waits until a ticket has entered. */
  async until(subject) {
    const waiting = async () => {
      while (!this.entered.has(subject)) await new Promise((resolve) => (this.#heard = resolve));
    };
    await within(Promise.race([waiting(), this.failed]), `the ticket "${subject}"`);
  }

  /** The codes that it fails with. */
  async refusal() {
    const failure = this.failed.then(undefined, (error) => error);
    const error = await within(failure, "a refusal");
    return codes(error);
  }
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come in ${WAIT_MS} ms`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function signIn(kind, url) {
  const visitor = kind.open(url);
  const { signIn } = await visitor.ask(SIGN_IN, agent);
  await visitor.close();
  assert.deepEqual(signIn.userErrors, []);
  return signIn.session.accessToken;
}

async function create(client, tag, subject) {
  const { createTicket } = await client.ask(CREATE, { subject, tags: [tag] });
  assert.deepEqual(createTicket.userErrors, []);
}

async function check(kind, tag, path) {
  const token = await signIn(kind, path.url);
  const [client, colleague] = [kind.open(path.url, token), kind.open(url, token)];
  const filter = { tags: { hasAny: [tag] } };
  const page = async () => (await colleague.ask(PAGE, { filter })).tickets;
  await create(client, tag, "before the page");
  const { tickets } = await client.ask(PAGE, { filter });
  assert.deepEqual([tickets.nodes[0].subject, tickets.totalCount], ["before the page", 1]);

  await create(client, tag, "between page and stream");
  const followed = new Followed(client, filter, tickets);
  await followed.until("between page and stream");
  await create(client, tag, "while it is followed");
  await followed.until("while it is followed");
  path.cut();
  await create(colleague, tag, "while it was cut off");
  await followed.until("while it was cut off");
  const fresh = new Map((await page()).nodes.map(({ id, subject }) => [id, subject]));
  assert.deepEqual(new Map([...followed.tickets].sort()), new Map([...fresh].sort()));
  followed.end();

  const forged = new Followed(client, filter, { ...tickets, syncCursor: "Zm9yZ2Vk" });
  assert.ok((await forged.refusal()).includes("RESYNC"), "a forged cursor is told to start over");
  const stranger = kind.open(path.url, "not.a.token");
  const refusal = await new Followed(stranger, filter, tickets).refusal();
  assert.ok(refusal.includes(kind.refused), `a bad token is refused with ${kind.refused}, not with ${refusal}`);
  await Promise.all([client, colleague, stranger].map((one) => one.close()));
}

let failures = 0;
for (const [name, kind] of Object.entries(KINDS)) {
  const path = await road(url);
  const tag = name.toLowerCase().replace(/[^a-z]+/g, "-");
  try {
    await check(kind, tag, path);
    console.log(`ok ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED ${name}:`, error);
  }
  path.close();
}
process.exit(failures ? 1 : 0);
