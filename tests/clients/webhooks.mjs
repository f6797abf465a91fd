// A receiver on the loopback that verifies what it is sent with the public library of the specification, before and after
// the secret is replaced, and refuses what was changed on the way.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { Webhook } from "standardwebhooks";

import { CREATE, SIGN_IN, started } from "./desk.mjs";

const TICKETS = 20;
const WITHIN_MS = 30_000;

const { url, agent } = started();

async function ask(token, query, variables) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  const [payload] = Object.values(data);
  assert.deepEqual(payload.userErrors, []);
  return payload;
}

const received = [];
const receiver = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
  response.writeHead(204).end();
});
await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));

async function arrived(count) {
  const until = Date.now() + WITHIN_MS;
  while (received.length < count) {
    assert.ok(Date.now() < until, `${received.length} of ${count} came`);
    await sleep(20);
  }
}

const { session } = await ask(null, SIGN_IN, { email: "admin@demo.guichet.test", password: agent.password });
const token = session.accessToken;
const { secret, endpoint } = await ask(token, `mutation ($url: String!) {
  createWebhookEndpoint(input: { url: $url, events: [TICKET_CREATED] }) { secret endpoint { id } userErrors { message } }
}`, { url: `http://127.0.0.1:${receiver.address().port}/` });
for (let place = 0; place < TICKETS; place += 1) {
  await ask(token, CREATE, { subject: `The lamp ${place}`, tags: [] });
}
await arrived(TICKETS);

const first = new Webhook(secret);
const ids = new Set();
for (const { headers, body } of received) {
  const told = first.verify(body, headers);
  assert.equal(told.type, "ticket.created");
  ids.add(headers["webhook-id"]);
  assert.throws(() => first.verify(body.replace("ticket", "tocket"), headers));
  assert.throws(() => first.verify(body, { ...headers, "webhook-id": "msg_another" }));
}
assert.equal(ids.size, TICKETS);

const rotated = await ask(token, `mutation ($id: ID!) {
  rotateWebhookSecret(input: { endpointId: $id }) { secret userErrors { message } }
}`, { id: endpoint.id });
await ask(token, `mutation ($id: ID!) { pingWebhookEndpoint(input: { endpointId: $id }) { userErrors { message } } }`, { id: endpoint.id });
await arrived(TICKETS + 1);
const { headers, body } = received.at(-1);
for (const good of [secret, rotated.secret]) {
  assert.equal(new Webhook(good).verify(body, headers).type, "webhook.ping");
}
receiver.close();
console.log(`standardwebhooks verifies ${received.length} requests`);
