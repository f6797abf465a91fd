// Verifies, as they come, requests of webhooks with the public library of the specification. Each is a line of JSON with
// the secret, the headers and the body. Says what is wrong with those that it refuses, and last how many it accepted.

import { createInterface } from "node:readline";

import { Webhook } from "standardwebhooks";

let accepted = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    accepted += 1;
  } catch (error) {
    console.log(`${headers["webhook-id"]}: ${error.message}`);
  }
}
console.log(accepted);
