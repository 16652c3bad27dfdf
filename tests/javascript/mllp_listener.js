// An MLLP listener of a public library, on the port that is given. Writes a line of JSON for each
// message that it was sent, and acknowledges it.
const { Server } = require("node-hl7-server");

const port = Number(process.argv[2]);
const server = new Server({ bindAddress: "127.0.0.1" });
const inbound = server.createInbound({ port }, async (request, response) => {
    const message = request.getMessage();
    const found = {
        control_id: message.get("MSH.10").toString(),
        type: message.get("MSH.9").toString(),
        visit: message.get("PV1.19").toString(),
    };
    console.log(JSON.stringify(found));
    await response.sendResponse("AA");
});
inbound.on("listen", () => console.log(JSON.stringify({ listening: port })));
