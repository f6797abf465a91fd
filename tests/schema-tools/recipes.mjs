// Runs the recipes of docs/api.md against a server: every block whose fence says `recipe=FILE` is a part of that file.
//
//   EMAIL=… PASSWORD=… GUICHET_URL=… node recipes.mjs
//
// Ends with 1 where one fails, or does not say what it should.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = at("generated/recipes/");
/** How long a program may take, in ms. */
const TIMEOUT = 120_000;

/** What each program must have said. */
const EXPECTED = {
  "desk.sh": [/"ticket":\{/, /"code":"TAKEN"/, /^\d+$/m, /^ENTERED [A-Z]+-\d+/m, /^report\.txt$/m, /ratelimit-remaining: \d+/i],
  "desk.py": [/refused: BAD_CREDENTIALS/, /created once: \S+ True/, /^\d+ tickets$/m, /heard ENTERED True/, /sent report\.txt/],
  "desk.ts": [/created \S+/, /^\d+ tickets$/m, /heard UPDATED/],
};

function extract(markdown) {
  const files = {};
  for (const [, file, text] of markdown.matchAll(/^```\w+ recipe=(\S+)\n([\s\S]*?)^```$/gm)) {
    files[file] = `${files[file] ?? ""}${text}\n`;
  }
  return files;
}

function run(command, ...args) {
  try {
    return execFileSync(command, args, { cwd: folder, encoding: "utf8", timeout: TIMEOUT, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    console.error(`${command} ${args.join(" ")} failed:\n${error.stdout ?? ""}${error.stderr ?? error.message}`);
    process.exit(1);
  }
}

const files = extract(readFileSync(at("../../docs/api.md"), "utf8"));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}${file}`, text);
writeFileSync(`${folder}package.json`, '{ "type": "module" }\n');
copyFileSync(at("../../schema.graphql"), `${folder}schema.graphql`);
copyFileSync(at("recipes.tsconfig.json"), `${folder}tsconfig.json`);

const tool = (name) => at(`node_modules/.bin/${name}`);
const said = {
  "desk.sh": run("bash", "desk.sh"),
  "desk.py": run("python3", "-B", "desk.py"),
};
run(tool("graphql-codegen"), "--config", "codegen.ts");
run(tool("tsc"), "--project", "tsconfig.json");
said["desk.ts"] = run(tool("tsx"), "--experimental-websocket", "desk.ts");

let isGood = true;
for (const [file, patterns] of Object.entries(EXPECTED)) {
  const missing = patterns.filter((pattern) => !pattern.test(said[file]));
  console.log(`${file}: ${missing.length ? `does not say ${missing.join(", ")}:\n${said[file]}` : "ok"}`);
  isGood &&= missing.length === 0;
}
process.exitCode = isGood ? 0 : 1;
