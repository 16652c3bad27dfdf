// Reads a list of tasks from standard input, lets a public library do each, and writes what it said.
// To verify: {library, secret, headers, body}; to sign: {library, secret, id, seconds, body}.
const libraries = {
    standardwebhooks: require("standardwebhooks").Webhook,
    svix: require("svix").Webhook,
};

function carryOut(task) {
    const webhook = new libraries[task.library](task.secret);
    if (!task.headers) {
        return webhook.sign(task.id, new Date(task.seconds * 1000), task.body);
    }
    try {
        webhook.verify(task.body, task.headers);
        return true;
    } catch (error) {
        return error.message;
    }
}

const tasks = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(tasks.map(carryOut)));
