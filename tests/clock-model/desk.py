"""A Guichet of its own on SQLite, and what is asked of it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

READY_S = 60


class Desk:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.server, self.tokens = binary, folder, None, {}
        self.password = secrets.token_urlsafe(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        gone = ("DATABASE_URL", "REDIS_URL", "GUICHET_CONFIG")
        self.environment = {name: value for name, value in os.environ.items() if name not in gone} | {
            "GUICHET_LISTEN": self.address,
            "GUICHET_DATA_DIR": os.path.join(folder, "data"),
            "GUICHET_DEMO_PASSWORD": self.password,
            "GUICHET_CLOSE_AFTER_DAYS": "3650",
            "GUICHET_BUDGET_AGENT": "0",
        }

    def start(self):
        log = open(os.path.join(self.folder, "log"), "ab")
        self.server = subprocess.Popen(
            [self.binary, "serve", "--demo"], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        for _ in range(READY_S * 10):
            if self.server.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://{self.address}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(open(os.path.join(self.folder, "log")).read())

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait()

    def load(self, rows):
        """Imports rows; the server is stopped meanwhile."""
        path = os.path.join(self.folder, "rows.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        subprocess.run([self.binary, "import", path], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def run(self, who, document, **variables):
        """The data of an answer without errors; what a mutation refuses is an error."""
        errors = None
        for _ in range(2):
            answer = self.post(self.token(who), document, variables)
            errors = answer.get("errors")
            if errors and errors[0].get("extensions", {}).get("code") == "UNAUTHENTICATED":
                del self.tokens[who]
                continue
            break
        if errors:
            raise SystemExit(f"{document}\n{variables}\n{errors}")
        return answer["data"]

    def do(self, who, mutation, selection, **given):
        kind = mutation[0].upper() + mutation[1:]
        document = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code message field }} }} }}"
        payload = self.run(who, document, input=given)[mutation]
        if payload["userErrors"]:
            raise SystemExit(f"{mutation} {given}: {payload['userErrors']}")
        return payload

    def token(self, who):
        if who not in self.tokens:
            document = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }"
            given = {"email": f"{who}@demo.guichet.test", "password": self.password}
            answer = self.post(None, document, {"input": given})
            self.tokens[who] = answer["data"]["signIn"]["session"]["accessToken"]
        return self.tokens[who]

    def post(self, token, document, variables):
        headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        body = json.dumps({"query": document, "variables": variables}).encode()
        request = urllib.request.Request(f"http://{self.address}/graphql", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
