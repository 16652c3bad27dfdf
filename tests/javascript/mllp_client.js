// MLLP clients of public libraries: sends messages one after another and writes the codes (MSA-1)
// and ids (MSA-2) that acknowledged them, as JSON. Input: {library, port, messages}.
const { readFileSync } = require("node:fs");

const task = JSON.parse(readFileSync(0, "utf8"));
const answers = [];

function finish() {
    console.log(JSON.stringify(answers));
    process.exit(0);
}

function note(code, controlId) {
    answers.push([code, controlId]);
    return answers.length === task.messages.length;
}

function withNodeHl7Client() {
    const { Client, Message } = require("node-hl7-client");
    const client = new Client({ host: "127.0.0.1" });
    const outbound = client.createConnection({ port: task.port, waitAck: true }, (response) => {
        const answer = response.getMessage();
        const whole = note(answer.get("MSA.1").toString(), answer.get("MSA.2").toString());
        if (whole) {
            finish();
        } else {
            send();
        }
    });
    const send = () => outbound.sendMessage(new Message({ text: task.messages[answers.length] }));
    outbound.on("connect", send);
}

function withSimpleHl7() {
    const hl7 = require("simple-hl7");
    const parser = new hl7.Parser({ segmentSeperator: "\r" });
    const client = hl7.Server.createTcpClient({
        host: "127.0.0.1",
        port: task.port,
        keepalive: true,
        callback: (error, answer) => {
            if (error) {
                throw error;
            }
            const acknowledgement = answer.getSegment("MSA");
            if (note(acknowledgement.getField(1), acknowledgement.getField(2))) {
                finish();
            } else {
                // Only after its callback does it take the next one.
                setImmediate(send);
            }
        },
    });
    const send = () => client.send(parser.parse(task.messages[answers.length]));
    send();
}

({ "node-hl7-client": withNodeHl7Client, "simple-hl7": withSimpleHl7 })[task.library]();
