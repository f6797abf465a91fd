// Runs graphql-http's audits: node audit.mjs http://127.0.0.1:8080/graphql
// Ends with 1 when a MUST or a SHOULD fails.

import { auditServer } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node audit.mjs URL");
  process.exit(2);
}

const results = await auditServer({ url, fetchFn: fetch });
const failed = results.filter((result) => result.status !== "ok");
for (const { status, id, name, reason } of failed) {
  console.log(`${status} ${id} ${name}: ${reason}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits pass`);

const isRequired = ({ name }) => /^(MUST|SHOULD)/.test(name);
process.exit(failed.some(isRequired) ? 1 : 0);
