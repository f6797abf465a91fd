// A road to a server that can be cut: every connection on it, at any moment, as a network does it.

import { connect, createServer } from "node:net";

export async function road(target) {
  const { hostname, port, pathname } = new URL(target);
  const open = new Set();
  const road = createServer((near) => {
    const far = connect(port, hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise((resolve) => road.listen(0, "127.0.0.1", resolve));
  const cut = () => open.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${road.address().port}${pathname}`,
    cut,
    close() {
      road.close();
      cut();
    },
  };
}
