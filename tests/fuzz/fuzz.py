"""Has schemathesis ask everything of the schema, as each role: no answer may be a fault of the server's own.

    SERVER_URL=http://127.0.0.1:8080 PASSWORD=… python3 fuzz.py SCHEMA [EXAMPLES]

Of a server with sample data, which is not the same afterwards.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
ROLES = ["requester", "agent", "lead", "admin"]
# What would end the session that the others are asked in.
LEFT_OUT = ["signOut", "changePassword"]
SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }"
THINGS = """{
  viewer { id } levels { id } queues { id }
  tickets(first: 20) { nodes { id comments(first: 3) { nodes { id } } } }
  articles(first: 5) { nodes { id } } organizations(first: 5) { nodes { id } }
  teams(first: 5) { nodes { id } } users(first: 5) { nodes { id } }
}"""


def ask(url, query, variables, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    body = json.dumps({"query": query, "variables": variables}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        return json.load(answer)["data"]


def ids_in(data):
    """All ids anywhere in an answer."""
    if isinstance(data, list):
        return [found for item in data for found in ids_in(item)]
    if not isinstance(data, dict):
        return []
    own = [data["id"]] if "id" in data else []
    return own + ids_in(list(data.values()))


def token_of(url, role):
    sign_in = {"email": f"{role}@demo.guichet.test", "password": os.environ["PASSWORD"]}
    return ask(url, SIGN_IN, {"input": sign_in})["signIn"]["session"]["accessToken"]


def fuzz(url, role, token, schema, examples):
    """Whether no answer was a fault."""
    with tempfile.NamedTemporaryFile("w", suffix=".ids") as ids:
        ids.write("\n".join(ids_in(ask(url, THINGS, {}, token))))
        ids.flush()
        left_out = [option for name in LEFT_OUT for option in ("--exclude-name", f"Mutation.{name}")]
        command = ["schemathesis", "run", schema, "--url", url, "-H", f"Authorization: Bearer {token}", *left_out,
                   "--checks", "no_fault", "--phases", "fuzzing", "--max-examples", examples,
                   "--suppress-health-check", "all", "--generation-database", "none", "--no-color"]
        env = os.environ | {"IDS": ids.name, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}
        print(f"As {role}:", flush=True)
        return subprocess.run(command, env=env, check=False).returncode == 0


def main():
    schema, examples = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "10"
    url = f"{os.environ['SERVER_URL']}/graphql"
    # Before any of them tries to sign in with whatever comes to its mind, too often for this address.
    tokens = {role: token_of(url, role) for role in ROLES}
    results = [fuzz(url, role, token, schema, examples) for role, token in tokens.items()]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
