// Compares schema.graphql with that of the last release, and names what would break clients of it.
//
//   node contract.mjs [RELEASED NEW ALLOWED]
//
// A break is allowed where allowed-breaks.json has its path with a reason: [{ "path": "Ticket.subject", "reason": "…" }]. Ends with 1 where
// there is any other, or where the list has one that is not there.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

/** What is said of the changes between two schemas, and whether they may be released. */
export async function judge(released, next, allowed) {
  const changes = await diff(buildSchema(released), buildSchema(next));
  const breaks = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
  const risks = changes.filter((change) => change.criticality.level === CriticalityLevel.Dangerous);
  const reasonOf = new Map(allowed.map(({ path, reason }) => [path, reason]));
  const unreasoned = allowed.filter(({ path, reason }) => !path || !reason?.trim());
  const unused = allowed.filter(({ path }) => !breaks.some((change) => change.path === path));
  const refused = breaks.filter((change) => !reasonOf.get(change.path)?.trim());
  const lines = [
    ...risks.map((change) => `may surprise clients: ${change.message}`),
    ...breaks
      .filter((change) => !refused.includes(change))
      .map((change) => `breaks clients, allowed: ${change.message} (${reasonOf.get(change.path)})`),
    ...refused.map((change) => `BREAKS CLIENTS: ${change.message} [${change.path}]`),
    ...unreasoned.map((entry) => `ALLOWED WITHOUT A REASON: ${JSON.stringify(entry)}`),
    ...unused.map(({ path }) => `ALLOWED BUT NOT THERE: ${path}`),
  ];
  return { lines, isGood: refused.length + unreasoned.length + unused.length === 0 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
  const defaults = ["released.graphql", "../../schema.graphql", "allowed-breaks.json"].map(beside);
  const [released, next, allowed] = defaults.map((path, place) => readFileSync(process.argv[2 + place] ?? path, "utf8"));
  const { lines, isGood } = await judge(released, next, JSON.parse(allowed));
  for (const line of lines) console.log(line);
  console.log(isGood ? "schema.graphql keeps what the last release promised" : "schema.graphql breaks what the last release promised");
  process.exitCode = isGood ? 0 : 1;
}
